"""How decisions and summaries look on a terminal.

What strangers and models wrote passes through `one_line` or `printable`: it cannot colour, move
or hide anything, nor pass for a line of ours.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import click

from aplomo.decision.model import Decision
from aplomo.embed.batch import Result, Summary
from aplomo.plain_text import one_line, printable
from aplomo.walk import Answer

__all__ = ["as_text", "result_text", "summary_text"]

_COLORS = {"ready": "green", "needs_human": "yellow", "no_reply": "cyan"}
MOST_SAID = 280
"""Characters of a comment that stand above its decision."""

MOST_QUIET = 2
"""Rules in a row that found nothing and still get a line each."""

_MARKS = {"yes": "●", "no": "○", "unsure": "?"}


def as_text(decision: Decision) -> str:
    """The decision for a person: the path, the outcome, the reply, and what to know."""
    status = decision.status.replace("_", " ")
    lines = [click.style(status.upper(), fg=_COLORS[decision.status], bold=True)]
    lines[0] += f"  {one_line(decision.why)}"
    lines += _steps([decision.answers[name] for name in decision.path])
    if (outcome := decision.outcome) is not None:
        parts = [outcome.action, outcome.department, outcome.level, outcome.deadline]
        shown = " · ".join(part for part in parts if part and part != "none")
        lines.append(f"  → {click.style(outcome.id, bold=True)}  {shown}")
    if decision.reply is not None:
        lines += ["", *_reply(decision)]
    lines += [click.style(f"  note: {one_line(note)}", dim=True) for note in decision.notes]
    usage = decision.usage
    lines.append(
        click.style(
            f"  {usage.calls} model calls, {usage.input_tokens}+{usage.output_tokens} tokens, "
            f"{decision.seconds:.1f} s",
            dim=True,
        )
    )
    return "\n".join(lines)


def result_text(result: Result) -> str:
    """One row of a batch for a person: the comment, then its decision or its error."""
    comment = result.row.comment
    said = comment.text if comment else f"row {result.row.number}"
    title = click.style(f"“{one_line(said, MOST_SAID)}”", italic=True)
    if result.decision is None:
        return (
            f"{title}\n{click.style('ERROR', fg='red', bold=True)}  {one_line(str(result.error))}"
        )
    return f"{title}\n{as_text(result.decision)}"


def summary_text(summary: Summary, *, skipped: int) -> str:
    """A batch in a few lines."""
    usage = summary.usage
    outcomes = ", ".join(f"{name} {count}" for name, count in summary.outcomes.most_common())
    lines = [
        f"{summary.rows} rows in {summary.seconds:.1f} s"
        + (f" ({skipped} were done before)" if skipped else ""),
        f"  outcomes: {outcomes or 'none'}",
        f"  needs a person: {summary.needs_human_rate:.0%}   errors: {summary.errors}",
        f"  {usage.calls} model calls, {usage.input_tokens}+{usage.output_tokens} tokens",
    ]
    return "\n".join(lines)


def _steps(walked: Sequence[Answer]) -> Iterator[str]:
    """A line each, but for the rules in a row that found nothing: those share one."""
    quiet = groupby(walked, key=lambda answer: answer.by == "rule" and answer.answer == "no")
    for passed, answers in quiet:
        group = list(answers)
        if passed and len(group) > MOST_QUIET:
            yield click.style(f"  ○ {len(group)} rules found nothing", dim=True)
        else:
            yield from map(_step, group)


def _step(answer: Answer) -> str:
    sure = f" {answer.confidence:.2f}" if answer.confidence is not None else ""
    line = f"  {_MARKS[answer.answer]} {answer.question}: {answer.answer} ({answer.by}{sure})"
    if answer.evidence:
        line += f"  “{one_line(answer.evidence)}”"
    elif answer.reason:
        line += click.style(f"  {one_line(answer.reason)}", dim=True)
    return line


def _reply(decision: Decision) -> list[str]:
    reply = decision.reply
    assert reply is not None
    lines = [_indented(reply.text)]
    if reply.private_text:
        lines += [click.style("  in private:", dim=True), _indented(reply.private_text)]
    failed = [f"    ✗ {one_line(failure)}" for failure in reply.failures]
    passed = len(reply.findings) - len(failed)
    facts = f", facts: {', '.join(reply.draft.facts)}" if reply.draft.facts else ""
    lines += [
        click.style(
            f"  by {reply.draft.origin}, {passed}/{len(reply.findings)} checks{facts}", dim=True
        )
    ]
    return lines + [click.style(line, fg="red") for line in failed]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in printable(text).split("\n"))
