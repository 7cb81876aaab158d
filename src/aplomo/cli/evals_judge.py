"""`aplomo evals judge`: what a model thinks of the drafts, beside what the checks say."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aplomo.cli.evals_options import looking
from aplomo.errors import UsageError

if TYPE_CHECKING:
    from aplomo.evals.agreement import Agreement
    from aplomo.evals.snapshot import Judged

__all__ = ["judge"]


@click.command()
@looking
def judge(suite: str, protocol: str | None, saved: tuple[Path, ...]) -> None:
    """Replay SUITE (or read saved runs) and show where its judge and the checks disagree.

    Advisory: the judge changes no exit code. A suite asks for it with `judge: true`, and its
    calls are recorded with the others.
    """
    from aplomo.cli.evals_runs import runs
    from aplomo.evals.agreement import agreement
    from aplomo.evals.snapshot import judged

    for bench, run in runs(suite, protocol, saved):
        found = agreement(judged(bench.suite.cases, run.results))
        if found is None:
            hint = f"`judge: true` above its cases, and: aplomo evals record {suite} --misses"
            raise UsageError(f"no draft of {bench.name} is judged", hint=hint)
        click.echo("\n".join(_lines(bench.name, found)))


def _lines(name: str, found: "Agreement") -> Iterator[str]:
    from aplomo.evals.report.words import judge_words

    yield f"{name}: the judge agrees with the checks on {judge_words(found)}"
    for label, words in (("ready", "ready"), ("not_ready", "not ready")):
        said = (f"{verdict} {found.counts.get((label, verdict), 0)}" for verdict in _VERDICTS)
        yield f"  the checks say {words:<10} the judge: {', '.join(said).replace('_', ' ')}"
    for one in found.disagreeing:
        yield from _case(one)


def _case(one: "Judged") -> Iterator[str]:
    from aplomo.comment import visible

    given = one.result.judgement
    assert given is not None
    reply = visible(one.snapshot.reply or "")
    yield f"  {one.case.id}  {given.verdict.replace('_', ' ')}: “{reply}”"
    for quote, problem in given.problems:
        yield f"    “{visible(quote)}”: {visible(problem)}"


_VERDICTS = ("ready", "not_ready", "unsure", "missing")
