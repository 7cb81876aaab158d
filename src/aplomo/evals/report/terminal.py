"""A review on a terminal."""

from collections.abc import Iterator

from aplomo.comment import visible
from aplomo.evals.compare import Change
from aplomo.evals.report.words import (
    KIND_WORDS,
    answer_lines,
    headline,
    percent,
    summary_rows,
    ways,
)
from aplomo.evals.review import Review

__all__ = ["as_text"]

_MARKS = {"holds": "✓", "fails": "✗", "refused": "⊘"}


def as_text(review: Review) -> str:
    """The verdict, every change with both sides, and the figures; plain text without colours."""
    return "\n".join(_lines(review))


def _lines(review: Review) -> Iterator[str]:
    yield headline(review)
    for finding in review.findings:
        cases = f"  [{', '.join(finding.cases)}]" if finding.cases else ""
        yield f"  {_MARKS[finding.ruling]} {finding.demand}: {finding.detail}{cases}"
    if review.comparison is not None:
        for kind, words in KIND_WORDS.items():
            if changes := review.comparison.of(kind):
                yield from ("", f"{len(changes)} {words}")
                yield from (line for change in changes for line in _change(change))
    yield ""
    width = max(len(name) for name, _ in summary_rows(review))
    yield from (f"  {name:<{width}}  {value}" for name, value in summary_rows(review))
    if review.scores.questions:
        yield from ("", *_questions(review))


def _change(change: Change) -> Iterator[str]:
    text = _text(change.case.comment.text) if change.case else ""
    yield f"  {change.id}  “{text}”"
    for flip in change.flips:
        yield f"    {flip.name}: {flip.before} → {flip.after}"
    before, after = ways(change)
    yield f"    - {_text(before)}"
    if after != before:
        yield f"    + {_text(after)}"
    for line in answer_lines(change):
        for mark, given in (("-", line["before"]), ("+", line["after"])):
            if given is not None:
                quote = f"  “{_text(given.evidence)}”" if given.evidence else ""
                yield f"      {mark} {line['question']}: {given.answer}{quote}"
    if change.case is not None and change.case.reply:
        yield f"      = {_text(change.case.reply)}  (a person)"
    for mark, side in (("-", change.before), ("+", change.after)):
        both = change.before and change.after and change.before.reply == change.after.reply
        if side is not None and side.reply and not both:
            yield f"      {mark} {_text(side.reply)}  ({side.origin})"


def _questions(review: Review) -> Iterator[str]:
    yield f"  {'question':<20}{'yes/no':>10}{'AUC':>8}{'bal.acc':>10}{'unsure':>10}{'gap':>9}"
    for one in review.scores.questions:
        auc = "–" if one.auc is None else f"{one.auc:.3f}"
        counts = f"{one.labelled('yes')}/{one.labelled('no')}"
        yield (
            f"  {one.question:<20}{counts:>10}{auc:>8}{percent(one.balanced_accuracy):>10}"
            f"{percent(one.unsure):>10}{percent(one.gap):>9}"
        )


def _text(text: str) -> str:
    """One line, and nothing in it that a terminal would obey."""
    return " ".join(visible(text).split())
