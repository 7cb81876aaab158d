"""Whether a draft shows the machine behind it: refusals, gaps left open, markup, instructions."""

import re
from collections.abc import Iterable, Iterator

from aplomo.check.base import Finding, Matter
from aplomo.check.text import halves, trusted, verdict
from aplomo.draft import Draft
from aplomo.words import fold, words

__all__ = ["markup", "placeholders", "prompt_leak", "refusal"]

# One wording a line, in folded text.
_REFUSAL = r"""
    as an? (?:ai|artificial|virtual|language|digital|automated)
    (?:i am|i'm) (?:just |only )?an? (?:ai|artificial|virtual|language model|chatbot|bot|assistant)
    (?:large )?language model
    (?:i can't|i cannot|i can not|i'm unable to|i am unable to|i'm not able to|i won't)
        (?:assist|comply|fulfil|provide|generate|write|create|respond|engage|help with th(?:at|is))
    i'm sorry,? but i (?:can't|cannot)
    (?:we|i) (?:can't|cannot|can not|are unable to|aren't able to) (?:help|assist|do anything)
    no (?:te |le |os )?podemos (?:ayudar|asistir|atender)\w*
    against my (?:guidelines|programming|policies)
    como (?:una? )?(?:ia|inteligencia artificial|modelo de lenguaje|asistente virtual|chatbot)
    (?:soy|solo soy) (?:una? )?(?:ia|inteligencia artificial|modelo|asistente|bot|chatbot|robot)
    modelo de lenguaje
    (?:lo siento|disculpa|perdon),? (?:pero )?no puedo
        (?:ayudar|asistir|cumplir|proporcionar|generar|responder|escribir|crear|continuar)\w*
    no puedo (?:ayudarte|asistirte|cumplir) con (?:eso|esa|ese|esto|esta|tu (?:solicitud|peticion))
    (?:here is|here's|this is) (?:a|the|my|your)
        (?:\w+ )?(?:draft|reply|response|version|rewrite|rewritten)
    (?:aqui tienes|aqui esta|te dejo|esta es) (?:una?|la|el|mi|tu)
        (?:\w+ )?(?:borrador|respuesta|version|propuesta)
    ^(?:sure|certainly|of course|claro|por supuesto)[,!.:] (?:here|aqui)
    ^(?:reply|response|draft|respuesta|borrador|public|private|publica?o?|privad[oa]) ?:
    chat ?gpt
    openai
    qwen
    alibaba cloud
"""


def _one_of(lines: str) -> re.Pattern[str]:
    joined = re.sub(r"\n {8,}", " ", lines)  # a wording may go on in an indented line
    wordings = filter(None, map(str.strip, joined.splitlines()))
    return re.compile(rf"(?<!\w)(?:{'|'.join(wordings)})(?!\w)", re.MULTILINE)


_REFUSES = _one_of(_REFUSAL)


def refusal(draft: Draft, matter: Matter) -> Finding:
    """No refusal, no talk of being a machine, no words to the operator; the disclosure apart."""
    disclosures = [fold(text) for text in matter.brand.disclosure.values()]
    problems: list[str] = []
    for where, text in halves(draft):
        said = fold(text).replace("’", "'")
        for own in disclosures:
            said = said.replace(own, " ")
        problems += [f"{where}says '{match[0]}'" for match in _REFUSES.finditer(said)]
    return verdict("refusal", problems, "none")


_PLACEHOLDER = re.compile(
    r"\[[^\[\]\n]{0,60}[^\W\d_][^\[\]\n]{0,60}\](?!\()"  # [nombre], but not a link's [text](
    r"|\{[^{}\n]{0,80}\}|\$\{|\{\{|\}\}|%\w?\(\w+\)|(?<!\w)%[sd](?!\w)"
    r"|<[^\W\d_][^<>\n]{0,60}>"
    r"|(?<!\w)(?:X{3,}|x{4,}|TODO:|TBD|FIXME|N/A|(?i:lorem ipsum))(?!\w)|_{3,}"
    r"|(?i:(?<!\w)(?:your|customer|client|user) name here|(?:tu|su) nombre aqu[ií])"
)


def placeholders(draft: Draft, matter: Matter) -> Finding:
    """No gap that was to be filled in: `[nombre]`, `{brand}`, `<...>`, `XXX`, `lorem ipsum`."""
    problems = (
        f"{where}left open: '{match[0]}'"
        for where, text in halves(draft)
        for match in _PLACEHOLDER.finditer(text)
    )
    return verdict("placeholders", problems, "none")


_MARKUP = re.compile(
    r"(?P<code>```|~~~|`[^`\n]+`)"
    r"|(?P<json>\A\s*[\[{]|\"\w{1,30}\"\s*:\s*[\"\[{\d]|\\n|\\u[0-9a-f]{4})"
    r"|(?P<heading>^#{1,6}\s)"
    r"|(?P<bold>\*\*[^*\n]{1,200}\*\*|__[^_\n]{1,200}__)"
    r"|(?P<link>\[[^\[\]\n]{1,200}\]\([^()\n]{1,500}\))"
    r"|(?P<tag></?(?:a|b|br|div|em|i|img|li|ol|p|script|span|strong|ul)\b[^<>\n]{0,200}>)"
    r"|(?P<entity>&(?:amp|lt|gt|quot|nbsp|#\d{1,6});)",
    re.MULTILINE | re.IGNORECASE,
)


def markup(draft: Draft, matter: Matter) -> Finding:
    """Plain words: no code, JSON, Markdown or HTML, which channels would show as they are."""
    problems = (
        f"{where}{match.lastgroup}: '{match[0].strip()[:40]}'"
        for where, text in halves(draft)
        for match in _MARKUP.finditer(text)
    )
    return verdict("markup", problems, "none")


RUN = 8
"""Words of the instructions in a row that are no coincidence."""

_MARKER = re.compile(r"</?[\w-]{1,40}>|[<>=~`|]{3,}|(?<!\w)[a-z]+(?:_[a-z]+)+(?!\w)")


def prompt_leak(draft: Draft, matter: Matter) -> Finding:
    """No run of the instructions' words, no fence, no key of the model's output.

    What a reply may say although the model was shown it (facts, contact, exemplar replies, the
    outcome's goal, the comment itself) is no leak.
    """
    allowed = [*trusted(matter), matter.comment.text, *matter.outcome.goal.values()]
    allowed += [ex.reply for ex in matter.brand.exemplars]
    secret = set(_runs([matter.prompt])) - set(_runs(allowed))
    markers = set(_MARKER.findall(matter.prompt)) - set(_MARKER.findall(" ".join(allowed)))
    problems = [
        f"{where}repeats the instructions: '{' '.join(run)}'"
        for where, text in halves(draft)
        for run in _runs([text])
        if run in secret
    ][:1]
    problems += [
        f"{where}shows '{marker}'"
        for where, text in halves(draft)
        for marker in _MARKER.findall(text)
        if marker in markers
    ]
    return verdict("prompt_leak", problems, "none")


def _runs(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for text in texts:
        said = words(text)
        yield from zip(*(said[start:] for start in range(RUN)), strict=False)
