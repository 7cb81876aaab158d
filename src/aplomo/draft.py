"""A draft: the words proposed for one outcome, by the model or from the outcome's template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from aplomo.brand.model import Brand, Fact
from aplomo.protocol.model import Outcome, in_language

__all__ = ["Draft", "closing", "from_template", "private_words", "signed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The public `text`, the private follow-up where the outcome asks, and the fact ids cited."""

    text: str
    private_text: str | None = None
    origin: Literal["model", "template"] = "model"
    facts: tuple[str, ...] = ()


def from_template(outcome: Outcome, brand: Brand, lang: str, facts: Sequence[Fact]) -> Draft | None:
    """The outcome's own words in `lang`; None when it has none, or lacks a fact they need."""
    template = outcome.template.get(lang)
    if not template or ("{fact}" in template and not facts):
        return None
    return Draft(
        text=_filled(template, brand, lang, facts),
        private_text=private_words(outcome, brand, lang, facts),
        origin="template",
        facts=(facts[0].id,) if "{fact}" in template else (),
    )


def private_words(outcome: Outcome, brand: Brand, lang: str, facts: Sequence[Fact]) -> str | None:
    """The private follow-up as the outcome words it; None when it has none in `lang`."""
    template = outcome.private_template.get(lang) if outcome.private else None
    return _filled(template, brand, lang, facts) if template else None


def signed(draft: Draft, brand: Brand, lang: str) -> Draft:
    """The draft with the brand's disclosure and signature, which code adds, never the model."""
    ends = [end for end in (brand.disclosure.get(lang), brand.signature.get(lang)) if end]
    _, closed = closing(draft.text, ends)
    missing = [end for end in ends if end not in closed]
    return replace(draft, text=" ".join([draft.text, *missing])) if missing else draft


def closing(text: str, ends: Sequence[str]) -> tuple[str, list[str]]:
    """`text` without those of `ends` that close it, in whatever order, and which they were."""
    closed: list[str] = []
    body = text.rstrip()
    while end := next((end for end in sorted(ends, key=len)[::-1] if _closes(body, end)), None):
        closed.append(end)
        body = body[: -len(end)].rstrip()
    return body, closed


def _closes(text: str, end: str) -> bool:
    """Whether `end` closes `text` as words of its own: "Ana" does not close "mañana"."""
    before = text[: -len(end)]
    return text.endswith(end) and not (end[0].isalnum() and before[-1:].isalnum())


def _filled(template: str, brand: Brand, lang: str, facts: Sequence[Fact]) -> str:
    values: Mapping[str, str] = {
        "{brand}": brand.name,
        "{contact}": in_language(brand.contact, lang),
        "{fact}": in_language(facts[0].statement, lang) if facts else "",
    }
    for slot, value in values.items():
        template = template.replace(slot, value)
    return template
