"""Whether a draft speaks the person's language, and addresses them as the brand does."""

import re
import unicodedata
from collections.abc import Iterator

from aplomo.check.base import Finding, Matter
from aplomo.check.text import halves, sentences, verdict
from aplomo.draft import Draft
from aplomo.language import other_than
from aplomo.words import fold

__all__ = ["address", "language"]

FEWEST_WORDS = 6
"""Words that a sentence must have to be judged apart from the rest."""


def language(draft: Draft, matter: Matter) -> Finding:
    """The draft is in the language of the comment, wholly; lenient with short texts."""
    problems = (
        f"{where}{problem}"
        for where, text in halves(draft)
        for problem in _foreign(text, matter.lang)
    )
    return verdict("language", problems, matter.lang)


def _foreign(text: str, lang: str) -> Iterator[str]:
    if other := other_than(text, lang):
        yield f"is in '{other}', not '{lang}'"
        return
    for sentence in sentences(text):
        if other := other_than(sentence, lang, fewest=FEWEST_WORDS):
            yield f"a sentence is in '{other}': '{sentence[:60]}'"


# Only what belongs to one way of address and to nothing else; `le` and `su` alone belong to both.
_USTED = r"""
    usted | (?:cuente|diga|escriba|envie|mande|facilite|indique|comparta)nos | contactenos
  | disculpenos | pongase | acerquese | no\ se\ preocupe
  | le\ (?:agradecemos|pedimos|rogamos|invitamos|ayudamos|atendemos|informamos)(?!\ al?\b)
"""
_TU = r"""
    tú | ti | contigo | (?:escríbe|cuénta|envía|mánda|compárte|indíca)nos | dinos
  | contáctanos | discúlpanos | tienes | puedes | quieres
"""
_VOS = r"""
    vos | (?:escribi|conta|deci|envia|manda|comparti)nos | tenés | podés | querés | sabés | sos
"""
_FAMILIAR = r"tu | tus | te | tuy[oa]s? | no\ te\ preocupes"  # said with tú and with vos
_MARKS = {
    "tu": {"usted": _USTED, "vos": _VOS},
    "vos": {"usted": _USTED, "tú": _TU},
    "usted": {"tú": f"{_TU} | {_FAMILIAR}", "vos": _VOS},
}
_FOREIGN_TO = {
    wanted: {
        name: re.compile(rf"(?<!\w)(?:{marks})(?!\w)", re.VERBOSE) for name, marks in others.items()
    }
    for wanted, others in _MARKS.items()
}


def address(draft: Draft, matter: Matter) -> Finding:
    """Spanish keeps to the brand's tú, usted or vos; only unmistakable words count."""
    wanted = matter.brand.address.get(matter.lang, "")
    if matter.lang != "es" or wanted not in _FOREIGN_TO:
        return Finding(check="address", passed=True, detail=wanted or "not set")
    problems = (
        f"{where}says '{match[0]}', which is {name}"
        for where, text in halves(draft)
        for name, pattern in _FOREIGN_TO[wanted].items()
        if (match := pattern.search(_spelled(text, name)))
    )
    return verdict("address", problems, wanted)


def _spelled(text: str, name: str) -> str:
    """Lower case; accents stay where they tell tú from tu, and tenés from tienes."""
    text = unicodedata.normalize("NFC", text.lower())
    return fold(text) if name == "usted" else text
