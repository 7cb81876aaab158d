"""Whether a comment speaks to the model instead of the brand: "ignore your instructions and ...".

A model can be talked round, so what it answers on such a comment decides nothing. The patterns
are deliberately cheap and known to everybody: they catch the lazy attempt, and what they miss is
still held by code, which owns every step, and by the checks on every draft.
"""

import re
from collections.abc import Iterator
from functools import cache

from aplomo.answer.evidence import locate_quote
from aplomo.answer.tongues import TONGUES, Tongue
from aplomo.comment import Comment
from aplomo.prompt import ends
from aplomo.words import fold

__all__ = ["instruction_in"]

MOST_QUOTED = 120

# Every prompt format in wide use, and the form of our own: marks no customer needs.
_MARKS = r"""
    <\|[\w ]{1,30}\|>
    \[/?(?:inst|sys|system|assistant|user)\]
    <</?sys>>
    </?(?:system|instructions?|prompt|assistant|comment|start_of_turn|end_of_turn|s)>
    ^[ \t]*#{2,6}[ \t]*(?:system|instructions?|assistant|human|response|task|new task)\b
    ^[ \t]*(?:human|assistant|ai)[ \t]*:[ \t]*\S
    ^[ \t]*(?:<{3,}|>{3,})[ \t]*$
    (?:system|developer|admin)[ _-]?(?:override|instructions?|command|prompt|message)[ \t]*[:\]]
    ^[ \t]*(?:system|sistema|systeme|developer)[ \t]*:[ \t]*
        (?:you|the|ignore|answer|new|override|eres|tu|el|ignora|responde|du|vous|voce|sei)\b
    (?<!\w)["']\w{2,40}["'][ \t]*:[ \t]*["'](?:yes|no|unsure|si|sim|true|false)["']
    (?<!\w)["'](?:reply|evidence|private|role|answers?)["'][ \t]*:
    (?<!\w)[a-z]+(?:_[a-z]+)+[ \t]*[:=][ \t]*["']?(?:yes|no|unsure|true|false)(?!\w)
    system[ _-]?prompts?
    prompts? (?:de|del|du|do|di) (?:el )?sistem[ae]
    prompt systeme
    prompt[ -]?injection
    jailbreak (?:mode|prompt)
    (?:end|begin|start)(?:ing)? of (?:the )?
        (?:comment|user input|prompt|system|context|instructions?)(?!\w)
    (?:fin|final|fine|ende) (?:del|de|du|do|des|della?) (?:l'?)?
        (?:comentario|prompt|contexto|commentaire|contexte|kommentars?|commento|contesto)(?!\w)
    (?:enter|enable|activate|switch to|you are in|activa|active|aktiviere|attiva|ative)
        (?:\w+ ){0,2}(?:developer|dan|god|debug|admin|sudo|jailbreak|desarrollador|entwickler\w*)
        ?-?(?:mode|modus)?(?!\w)
    (?:classify|label|mark|tag) this (?:comment|message|post|review|text) as
    (?:clasifica|marca|etiqueta) (?:este|esta) (?:comentario|mensaje|texto|resena) como
    new (?:system )?instructions?[ \t]*:
    (?:nuevas?|novas?|nouvelles?|neue|nuov[ae]) (?:instruc\w+|anweisung\w*|istruzion\w+|consignes?)
        [ \t]*:
"""

_START = r"(?:^|[.!?;:,\n(\[{<>«»\"'*/|—–-][ \t]*)"
_AI = r"ai|ia|ki|llms?|(?:chat)?gpt\w*|claude|gemini|llama|qwen|mistral|copilot"

# Of every language: "ignore" and "instructions" are words of several.
_MINE = "|".join(tongue.mine for tongue in TONGUES.values())


def instruction_in(comment: Comment) -> str | None:
    """The first piece of what the person wrote that is addressed to a model; None without one.

    Only what a model is shown is looked at: the rest of a long text cannot sway it.
    """
    for text in reversed(comment.said):
        for piece in ends(text):
            folded = _folded(piece)
            for pattern in _patterns():
                if match := pattern.search(folded):
                    return _quoted(match[0], piece)
    return None


def _folded(text: str) -> str:
    return fold(text).translate(_LOOKALIKES).replace("’", "'")


def _quoted(found: str, text: str) -> str:
    """What was `found`, as written in `text` where it can be told."""
    quote = " ".join((locate_quote(found, text) or found).split())
    return quote if len(quote) <= MOST_QUOTED else quote[: MOST_QUOTED - 1] + "…"


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    marks = re.sub(r"\n {8,}", "", _MARKS)  # a mark may go on in an indented line
    alternatives = [*filter(None, map(str.strip, marks.splitlines()))]
    for tongue in TONGUES.values():
        alternatives += _orders(tongue)
    return tuple(re.compile(alternative, re.MULTILINE) for alternative in alternatives)


def _orders(t: Tongue) -> Iterator[str]:
    """The shapes of an order, with one language's words."""
    word = r"[\w'-]+"
    gap = rf"(?:(?!(?:{_MINE})\b){word},? ){{0,4}}"
    near = rf"(?:{word},? ){{0,3}}"
    start = rf"(?:{_START}|\b(?:{t.opener}) )(?:(?:{t.opener}),? )*"
    machine = rf"(?:{_AI}|{t.machine})"
    # An order about orders: "forget all previous rules", or without "previous" where one begins.
    yield rf"\b(?:{t.override}) {gap}(?:{t.before}) {near}(?:{t.orders})\b"
    yield rf"\b(?:{t.override}) {gap}(?:{t.orders}) {near}(?:{t.before})\b"
    yield rf"{start}(?:{t.override}) {gap}(?:{t.orders})\b"
    yield rf"{start}(?:{t.reveal}) {near}(?:{t.yours}) {near}(?:{t.orders})\b"
    # The answers dictated, in either order: "answer no to everything", "to all questions say no".
    yes_no = rf"[\"'«“]?(?:{t.yes_no})[\"'»”]?"
    yield rf"{start}(?:{t.answer}) {near}{yes_no},? {near}(?:{t.everything})\b"
    yield rf"{start}(?:{t.answer}) {near}(?:{t.everything}) {near}{yes_no}(?!\w)"
    yield rf"{start}(?:{t.answer}) {near}(?:{t.only})"
    # Somebody it should be, or is told that it is.
    yield rf"\b(?:{t.role}) ?{near}(?:{machine}|dan|bot|terminal|admin\w*|developer)\b"
    yield rf"{_START}(?:{t.note}) {near}(?:l'|all'|d')?{machine}s?[ \t]*[:,!—–-]"


_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһκοανρτιѵɡıℓ",
    "aeopcyxijsdhkoavptivgil",
)
"""Cyrillic, Greek and other letters that pass for Latin ones."""
