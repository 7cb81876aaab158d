"""`aplomo evals run`: replay a suite, offline."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aplomo.evals.result import RunResult
    from aplomo.evals.run import Bench

__all__ = ["run"]


@click.command()
@click.argument("suite")
@click.option("--protocol", help="Only this one of the suite's protocols.")
@click.option("--case", "ids", multiple=True, metavar="ID", help="Only this case; repeatable.")
@click.option("--concurrency", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option(
    "--json",
    "output",
    type=click.Path(path_type=Path),
    help="Write the run to this file; with several protocols, PROTOCOL.json in this folder.",
)
def run(
    suite: str, protocol: str | None, ids: tuple[str, ...], concurrency: int, output: Path | None
) -> None:
    """Replay SUITE from its recordings: no network, no weights, no key.

    Ends with 1 when a call has no recording, a recording is asked for by no case, nothing was
    served, or a recording holds a secret.
    """
    from aplomo.cli.evals_runs import replayed
    from aplomo.evals.guards import failures
    from aplomo.evals.run import open_benches

    benches = open_benches(suite, [protocol] if protocol else [])
    good = True
    for bench in benches:
        result = replayed(bench, ids, concurrency)
        problems = list(failures(bench, result))
        _tell(bench, result, problems)
        good = good and not problems
        if output is not None:
            several = len(benches) > 1
            _write(result, output / f"{result.protocol}.json" if several else output)
    if not good:
        sys.exit(1)


def _tell(bench: "Bench", result: "RunResult", problems: list[str]) -> None:
    click.echo(
        f"{bench.name}: {len(result.results)} cases, {result.served} calls served, "
        f"{result.missed} missed, {result.unplayed} recordings unplayed, {result.seconds:.1f} s"
    )
    if unjudged := sum(one.unrecorded for one in result.results) - result.missed:
        command = f"aplomo evals record {bench.suite.name} --misses"
        click.echo(f"note: {unjudged} drafts are not judged, which fails nothing: {command}")
    for problem in problems:
        click.secho("✗ ", fg="red", nl=False, err=True)
        click.echo(problem, err=True)


def _write(result: "RunResult", path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result.to_dict(), ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")
