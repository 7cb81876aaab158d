"""A review in Markdown, for a pull request: the verdict first, every flip, the rest folded."""

import re
from collections.abc import Iterator, Sequence

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
from aplomo.evals.snapshot import Snapshot

__all__ = ["as_markdown"]

SHOWN = 50
"""Cases of one kind that are shown; more make a comment that nobody reads, or none takes."""
_RULINGS = {"holds": "✅", "fails": "❌", "refused": "🚫"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~@&:])")


def as_markdown(reviews: Sequence[Review]) -> str:
    """Every review, one after the other."""
    return "\n".join(line for review in reviews for line in _review(review)) + "\n"


def _review(review: Review) -> Iterator[str]:
    yield f"## {'✅' if review.passed else '❌'} {headline(review)}"
    yield from ("", "| | demand | found | cases |", "|---|---|---|---|")
    for finding in review.findings:
        cases = ", ".join(f"`{id_}`" for id_ in finding.cases)
        yield (
            f"| {_RULINGS[finding.ruling]} | {_text(finding.demand)} | {_text(finding.detail)}"
            f" | {cases} |"
        )
    yield ""
    if review.comparison is not None:
        for kind, words in KIND_WORDS.items():
            if changes := review.comparison.of(kind):
                yield from _changes(changes, words, unfolded=kind in ("broken", "error"))
    yield from _folded("Figures", [*_figures(review), "", *_questions(review)])


def _changes(changes: Sequence[Change], words: str, *, unfolded: bool) -> Iterator[str]:
    lines = [line for change in changes[:SHOWN] for line in _change(change)]
    if len(changes) > SHOWN:
        lines.append(f"… and {len(changes) - SHOWN} more")
    title = f"{len(changes)} {words}"
    yield from [f"### {title}", "", *lines, ""] if unfolded else _folded(title, lines)


def _change(change: Change) -> Iterator[str]:
    flips = ", ".join(f"{flip.name} {flip.before} → {flip.after}" for flip in change.flips)
    yield f"**`{change.id}`** {_text(flips)}"
    if change.case is not None:
        yield f"> {_text(change.case.comment.text)}"
    yield from ("", "| before | after |", "|---|---|")
    yield "| " + " | ".join(map(_text, ways(change))) + " |"
    for line in answer_lines(change):
        sides = (
            f"{line['question']}: {given.answer}"
            + (f" “{given.evidence}”" if given.evidence else "")
            if given
            else "–"
            for given in (line["before"], line["after"])
        )
        yield "| " + " | ".join(map(_text, sides)) + " |"
    if _reply(change.before) != _reply(change.after):
        yield f"| {_text(_reply(change.before))} | {_text(_reply(change.after))} |"
    yield ""


def _reply(snapshot: Snapshot | None) -> str:
    if snapshot is None or snapshot.reply is None:
        return "no reply"
    return f"{snapshot.reply} ({snapshot.origin})"


def _figures(review: Review) -> Iterator[str]:
    yield from ("| | |", "|---|---|")
    for name, value in summary_rows(review):
        yield f"| {name} | {value} |"


def _questions(review: Review) -> Iterator[str]:
    yield from (
        "| question | yes / no | AUC | balanced | unsure | gap |",
        "|---|---|---|---|---|---|",
    )
    for one in review.scores.questions:
        auc = "–" if one.auc is None else f"{one.auc:.3f}"
        yield (
            f"| {one.question} | {one.labelled('yes')} / {one.labelled('no')} | {auc}"
            f" | {percent(one.balanced_accuracy)} | {percent(one.unsure)} | {percent(one.gap)} |"
        )


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield from ("<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>", "")


def _text(text: str) -> str:
    """`text` as text: no markup, link, mention or table cell comes of it, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text).split())).replace("\\@", "@\u200b")
