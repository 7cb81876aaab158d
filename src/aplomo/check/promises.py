"""Whether a draft commits the brand to more than it allows itself."""

import re
from collections.abc import Iterator, Sequence
from typing import get_args

from rapidfuzz import fuzz

from aplomo.brand.model import Promise
from aplomo.check.base import Finding, Matter
from aplomo.check.promise_patterns import COMMITS, DAYS, DENIES, PATTERNS
from aplomo.check.text import halves, sentences, verdict
from aplomo.draft import Draft
from aplomo.words import fold, words

__all__ = ["promises"]

STATED = 90
"""Likeness (rapidfuzz partial ratio, 0..100) from which a clause repeats a fact's statement."""

FEWEST_WORDS = 3
"""Fewer words than this repeat nothing in particular."""


def promises(draft: Draft, matter: Matter) -> Finding:
    """No promise of a kind the brand does not allow.

    What a valid fact states may be repeated; offering to look into it, or asking for details in
    private, promises nothing.
    """
    statements = (text for fact in matter.facts.values() for text in fact.statement.values())
    stated = [" ".join(words(text)) for text in statements]
    barred = [kind for kind in get_args(Promise) if kind not in matter.brand.promises]
    problems = (
        f"{where}{kind}: says '{said}'"
        for where, text in halves(draft)
        for sentence in sentences(text)
        for kind, said in _promised(fold(sentence).replace("’", "'"), barred, stated)
    )
    return verdict(
        "promises", problems, f"none of {', '.join(barred)}" if barred else "all allowed"
    )


def _promised(
    sentence: str, kinds: Sequence[Promise], stated: Sequence[str]
) -> Iterator[tuple[Promise, str]]:
    commits = COMMITS.search(sentence) is not None
    for kind in kinds:
        patterns = [PATTERNS[kind]]
        if kind == "deadline" and commits:
            patterns.append(DAYS)
        for pattern in patterns:
            for match in pattern.finditer(sentence):
                if not _denied(sentence, match) and not _repeats(sentence, match, stated):
                    yield kind, match[0]


def _denied(sentence: str, match: re.Match[str]) -> bool:
    """Whether the clause denies it before it says it: `no podemos ofrecer ...`."""
    before = re.split(r"[,;:(]|\b(?:pero|but)\b", sentence[: match.start()])[-1]
    return DENIES.search(before[-40:]) is not None


def _repeats(sentence: str, match: re.Match[str], stated: Sequence[str]) -> bool:
    """Whether the sentence, or the clause around `match`, is part of what a fact states."""
    said = " ".join(words(match[0]))
    start = max(sentence.rfind(mark, 0, match.start()) for mark in ",;:") + 1
    ends = [sentence.find(mark, match.end()) for mark in ",;:"]
    clause = sentence[start : min((end for end in ends if end >= 0), default=len(sentence))]
    return any(
        said in fact and fuzz.partial_ratio(fact, " ".join(part)) >= STATED
        for part in (words(sentence), words(clause))
        if len(part) >= FEWEST_WORDS
        for fact in stated
    )
