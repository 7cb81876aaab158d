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
                before = sentence[max(0, match.start() - _REACH) : match.start()]
                after = sentence[match.end() : match.end() + _REACH]
                if not _denied(before) and not _repeats(before, match[0], after, stated):
                    yield kind, match[0]
                    break


_REACH = 300
"""Characters around a promise that are looked at."""


def _denied(before: str) -> bool:
    """Whether the clause denies what follows: `no podemos ofrecer ...`."""
    clause = re.split(r"[,;:(]|\b(?:pero|but)\b", before)[-1]
    return DENIES.search(clause[-40:]) is not None


def _repeats(before: str, said: str, after: str, stated: Sequence[str]) -> bool:
    """Whether the sentence, or the clause around `said`, is part of what a fact states."""
    promised = " ".join(words(said))
    facts = [fact for fact in stated if promised in fact]
    if not facts:
        return False
    clause = re.split(r"[,;:]", before)[-1] + said + re.split(r"[,;:]", after)[0]
    return any(
        fuzz.partial_ratio(fact, " ".join(part)) >= STATED
        for part in (words(before + said + after), words(clause))
        if len(part) >= FEWEST_WORDS
        for fact in facts
    )
