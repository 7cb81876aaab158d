"""The words a draft must have and must not have: the brand's and the outcome's."""

from aplomo.check.base import Finding, Matter
from aplomo.check.text import found_phrases, halves, verdict
from aplomo.draft import Draft

__all__ = ["banned_words", "forbidden_elements", "phrases", "required_elements", "says", "unsaid"]


def banned_words(draft: Draft, matter: Matter) -> Finding:
    """No word that the brand bans, in any of its languages."""
    banned = [word for words in matter.brand.banned.values() for word in words]
    problems = [
        f"{where}says '{said}'"
        for where, text in halves(draft)
        for said in found_phrases(text, banned)
    ]
    return verdict("banned_words", problems, f"none of {len(banned)}")


def required_elements(draft: Draft, matter: Matter) -> Finding:
    """Everything the outcome's reply must contain, where everybody reads it: in the public half."""
    problems = [_missing(id_, matter) for id_ in unsaid(draft.text, matter)]
    return verdict("required_elements", problems, ", ".join(matter.outcome.must) or "none asked")


def unsaid(text: str, matter: Matter) -> list[str]:
    """The elements that the outcome's reply must contain and `text` does not, by id."""
    return [id_ for id_ in matter.outcome.must if not says(text, id_, matter)]


def says(text: str, id_: str, matter: Matter) -> bool:
    """Whether `text` contains the element."""
    return bool(_said(id_, text, matter))


def forbidden_elements(draft: Draft, matter: Matter) -> Finding:
    """Nothing the outcome's reply must never contain, in neither half."""
    problems = [
        f"{where}{id_}: says '{said}'"
        for where, text in halves(draft)
        for id_ in matter.outcome.never
        for said in _said(id_, text, matter)
    ]
    asked = ", ".join(matter.outcome.never)
    return verdict("forbidden_elements", problems, f"none of {asked}" if asked else "none named")


def _said(id_: str, text: str, matter: Matter) -> tuple[str, ...]:
    return tuple(found_phrases(text, phrases(id_, matter)))


def phrases(id_: str, matter: Matter) -> tuple[str, ...]:
    """How the element is found in the reply's language; none for one that is not there."""
    element = matter.elements.get(id_)
    return element.phrases.get(matter.lang, ()) if element else ()


def _missing(id_: str, matter: Matter) -> str:
    shown = ", ".join(list(phrases(id_, matter))[:4])
    return f"{id_} is missing ({shown})" if shown else f"{id_} has no phrases in '{matter.lang}'"
