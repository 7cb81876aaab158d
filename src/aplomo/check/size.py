"""Whether a draft is there, fits its channel, and shows all it holds."""

import unicodedata

from aplomo.brand.channel import measure
from aplomo.check.base import Finding, Matter
from aplomo.check.text import halves, verdict
from aplomo.draft import Draft
from aplomo.words import words

__all__ = ["empty", "invisible", "length"]

FEWEST_WORDS = 2


def empty(draft: Draft, matter: Matter) -> Finding:
    """Each half says something: at least two words, the signature apart."""
    problems: list[str] = []
    ends = (matter.brand.signature.get(matter.lang), matter.brand.disclosure.get(matter.lang))
    for where, text in halves(draft):
        for end in filter(None, ends):
            text = text.replace(end, "")
        said = [word for word in words(text) if any(map(str.isalpha, word))]
        if len(said) < FEWEST_WORDS:
            problems.append(f"{where}{len(said)} words")
    if matter.outcome.private and draft.private_text is None and not matter.channel.public_only:
        problems.append("the private follow-up is missing")
    return verdict("empty", problems, f"{len(words(draft.text))} words")


def length(draft: Draft, matter: Matter) -> Finding:
    """The public text fits every limit of its channel, each in its own unit."""
    sizes = [(measure(draft.text, limit.unit), limit) for limit in matter.channel.limits]
    return Finding(
        check="length",
        passed=all(size <= limit.most for size, limit in sizes),
        detail=", ".join(f"{size}/{limit.most} {limit.unit}" for size, limit in sizes),
    )


def invisible(draft: Draft, matter: Matter) -> Finding:
    """No character hides, reorders or breaks the text; joiners may stand only inside emoji."""
    problems = [
        f"{where}U+{ord(char):04X} {unicodedata.name(char, 'control')}"
        for where, text in halves(draft)
        for char, before in zip(text, "." + text, strict=False)
        if _hides(char, before)
    ]
    return verdict("invisible", problems, "none")


_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_PARTS = {"So", "Sk", "Mn", "Cn"}  # Cn: emoji newer than this Python's Unicode


def _hides(char: str, before: str) -> bool:
    if char in "\n\r\t":
        return False
    if char == _ZERO_WIDTH_JOINER:
        return unicodedata.category(before) not in _EMOJI_PARTS
    return char == "\ufffd" or unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
