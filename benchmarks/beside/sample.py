"""Which comments everyone is asked: labelled ones of the test split, the same for all."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aplomo.comment import Comment
from aplomo.evals.cases import Case, load_cases
from aplomo.language import detect

WARM = 1
"""Comments in each language that are asked first and not counted, so that caches are warm."""


def chosen(path: Path, protocol: str, most: int) -> tuple[list[Case], list[Case]]:
    """The comments that warm everyone up, and the at most `most` that count.

    Those that count are labelled with an outcome of `protocol`, and evenly spaced in each language
    of the test split; their order is that of a hash, so that any beginning of it is a sample too.
    """
    labelled = [_spoken(case) for case in load_cases(path) if protocol in case.outcomes]
    test = [case for case in labelled if case.split == "test"]
    counted: list[Case] = []
    languages = sorted({case.comment.lang or "" for case in test})
    for index, lang in enumerate(languages):
        share = most // len(languages) + (index < most % len(languages))
        counted += spaced([case for case in test if case.comment.lang == lang], share)
    asked = {case.id for case in counted}
    others = [case for case in labelled if case.id not in asked] or counted
    warm = [
        case for lang in languages for case in [c for c in others if c.comment.lang == lang][:WARM]
    ]
    return warm, sorted(counted, key=_mixed)


def spaced(cases: Sequence[Case], most: int) -> list[Case]:
    """At most `most` of `cases`, evenly spaced: files run in blocks of one kind."""
    count = min(most, len(cases))
    return [cases[index * len(cases) // count] for index in range(count)]


def _mixed(case: Case) -> str:
    return hashlib.sha256(case.id.encode()).hexdigest()


def _spoken(case: Case) -> Case:
    """With the comment's language, found as Aplomo finds it where the file does not say."""
    comment: Comment = case.comment
    if comment.lang:
        return case
    return replace(case, comment=comment.in_language(detect(comment.text, ("es", "en")) or "en"))
