"""What the checks share: the halves of a draft, phrases, sentences, and what may be trusted."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from aplomo.check.base import Finding, Matter
from aplomo.draft import Draft
from aplomo.plain_text import visible
from aplomo.words import fold

__all__ = ["found_phrases", "halves", "plain", "sentences", "standing", "trusted", "verdict"]

_MOST_TOLD = 5
_END = re.compile(r"(?<=[.!?…])\s+|\n+")


def halves(draft: Draft) -> Iterator[tuple[str, str]]:
    """The public and the private text of `draft`, each with how to name it in a detail."""
    yield "", draft.text
    if draft.private_text is not None:
        yield "private: ", draft.private_text


def verdict(check: str, problems: Iterable[str], fine: str) -> Finding:
    """A Finding that fails with the distinct `problems`, or passes saying `fine`."""
    told = list(dict.fromkeys(problems))
    if not told:
        return Finding(check=check, passed=True, detail=fine)
    more = f"; and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return Finding(check=check, passed=False, detail="; ".join(told[:_MOST_TOLD]) + more)


def plain(text: str) -> str:
    """`text` with its case and accents, but in plain letters and without hidden characters."""
    return unicodedata.normalize("NFKC", visible(text))


def sentences(text: str) -> list[str]:
    """The sentences of `text`, none of them empty."""
    return [part.strip() for part in _END.split(text) if part.strip()]


def found_phrases(text: str, phrases: Iterable[str]) -> Iterator[str]:
    """The first place in `text` of each of `phrases` that it has, as written when folded.

    Whole words, case and accents ignored; a trailing `*` stands for any ending.
    """
    folded = fold(text)
    for phrase in phrases:
        if match := _pattern(phrase).search(folded):
            yield match[0]


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> re.Pattern[str]:
    given = (part for part in fold(phrase).split() if part.strip("*"))
    parts = [re.escape(part).replace(r"\*", r"\w*") for part in given]
    if not parts:
        return re.compile(r"(?!)")
    start = r"(?<!\w)" if re.match(r"\w", parts[0]) else ""
    end = r"(?!\w)" if re.search(r"\w$", parts[-1]) and not parts[-1].endswith("*") else ""
    return re.compile(start + r"[\W_]+".join(parts) + end)


def trusted(matter: Matter) -> tuple[str, ...]:
    """The texts that people wrote and a reply may repeat: `standing` ones and today's facts."""
    facts = (text for fact in matter.facts.values() for text in fact.statement.values())
    return (*standing(matter), *facts)


def standing(matter: Matter) -> tuple[str, ...]:
    """The brand's name, contact, signature and disclosure, and the outcome's own templates."""
    brand, outcome = matter.brand, matter.outcome
    templates = (
        text.replace("{brand}", brand.name).replace("{contact}", brand.contact.get(lang, ""))
        for texts in (outcome.template, outcome.private_template)
        for lang, text in texts.items()
    )
    return (
        brand.name,
        *brand.contact.values(),
        *brand.signature.values(),
        *brand.disclosure.values(),
        *templates,
    )
