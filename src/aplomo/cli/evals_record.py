"""`aplomo evals record`: record what a suite's cases ask for and have no recording of."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from aplomo.errors import ModelUnavailable, UsageError

if TYPE_CHECKING:
    from aplomo.evals.record import Recorder
    from aplomo.evals.run import Bench
    from aplomo.evals.survey import Survey

__all__ = ["record"]

_CHANGES = 30


@click.command()
@click.argument("suite")
@click.option("--misses", is_flag=True, help="Record only the calls without a recording.")
@click.option("--all", "everything", is_flag=True, help="Record every call: for a new model.")
@click.option("--protocol", help="Only this one of the suite's protocols.")
@click.option("--case", "ids", multiple=True, metavar="ID", help="Only this case; repeatable.")
@click.option("--most", type=click.IntRange(1), help="Record at most so many cases.")
@click.option("--model", help="Model name; 'embedded' is the default.")
@click.option("--base-url", help="Any OpenAI-compatible endpoint.")
@click.option("--concurrency", type=click.IntRange(1, 64), help="Cases in work at a time.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is spent.")
def record(**options: Any) -> None:
    """Ask the model for what SUITE lacks, and keep its answers.

    First says what is stale and what recording it takes. Can be interrupted at any moment: the
    same command goes on. Only a run over the whole suite removes recordings.
    """
    if options["misses"] == options["everything"]:
        raise UsageError("give either --misses or --all", hint="aplomo evals record core --misses")
    from aplomo.evals.record import exclusive
    from aplomo.evals.run import open_benches

    complete = True
    for bench in open_benches(options["suite"], [options["protocol"]] * bool(options["protocol"])):
        with exclusive(bench.place.store):
            complete = _record(bench, options) and complete
    if not complete:
        raise ModelUnavailable(
            "some calls could not be recorded", hint="run the same command again to go on"
        )


def _record(bench: "Bench", options: dict[str, Any]) -> bool:
    """Record one protocol; False when calls are still missing."""
    from aplomo.evals.record import Recorder
    from aplomo.evals.survey import survey

    settings = bench.workspace.model_settings(model=options["model"], base_url=options["base_url"])
    ids = options["ids"]
    part = bool(ids or options["most"])
    recorder = Recorder(bench, settings, everything=options["everything"], whole=not part)
    try:
        with _bar(len(bench.chosen(ids)), "looking") as step:
            found = survey(
                bench,
                recorder.model_lock,
                recorder.tape,
                ids,
                before=bench.place.store.load(),
                progress=lambda _: step(),
            )
        _announce(bench, found, recorder)
        wanted = found.cases[: options["most"]]
        if found.missing and not options["yes"]:
            click.confirm("Record them?", abort=True, err=True)
        return _ask(bench, recorder, wanted, options, part=part)
    finally:
        recorder.model.close()


def _ask(
    bench: "Bench",
    recorder: "Recorder",
    wanted: tuple[str, ...],
    options: dict[str, Any],
    *,
    part: bool,
) -> bool:
    """Record the cases, say what came of it; False when calls are still missing."""
    local = not recorder.model.host
    concurrency = options["concurrency"] or (1 if local else 8)
    cases = bench.chosen(wanted) if wanted else ()
    verify = cases if part and wanted else bench.chosen(options["ids"])
    if local and cases:
        click.echo("the embedded model loads and reads the protocol once: up to a minute", err=True)
    with _bar(len(cases), "recording") as step:
        result = recorder.record(cases, verify, concurrency=concurrency, progress=lambda _: step())
    click.echo(
        f"{bench.name}: {recorder.kept} calls recorded, {result.served} served in the replay, "
        f"{result.missed} cases still miss a call"
    )
    return not result.missed


def _announce(bench: "Bench", found: "Survey", recorder: "Recorder") -> None:
    """What is stale, and what it takes to record it."""
    for line in found.changed[:_CHANGES]:
        click.echo(f"  {line}")
    if len(found.changed) > _CHANGES:
        click.echo(f"  and {len(found.changed) - _CHANGES} changes more")
    calls, cases = len(found.missing), len(found.cases)
    if not calls:
        click.echo(f"{bench.name}: every call is recorded ({found.unplayed} are not asked for)")
        return
    kinds = ", ".join(f"{purpose} {count}" for purpose, count in sorted(found.purposes.items()))
    given, made = found.tokens
    click.echo(f"{bench.name}: {calls} of {found.total} calls to record, in {cases} cases: {kinds}")
    click.echo(f"  about {given:,} input and {made:,} output tokens{_cost(bench, given, made)}")
    if found.stopped:
        click.echo(f"  and what follows in {len(found.stopped)} cases never recorded before")
    if recorder.everything and len(recorder.tape):
        click.echo(f"  {len(recorder.tape)} calls are there from an interrupted recording")


def _cost(bench: "Bench", given: int, made: int) -> str:
    """The price of the tokens, where `[evals.price]` says what a million of them costs."""
    from aplomo.evals.price import price_of
    from aplomo.llm.port import Usage

    if (told := price_of(bench.workspace)) is None:
        return ""
    price, currency = told
    return f", {price.of(Usage(input_tokens=given, output_tokens=made)):.2f} {currency}"


@contextmanager
def _bar(total: int, what: str) -> "Generator[Callable[[], object]]":
    """A progress bar on a terminal; elsewhere a line now and then, for whoever reads the log."""
    from tqdm import tqdm

    quiet = 0.1 if sys.stderr.isatty() else 30.0
    with tqdm(total=total, desc=what, unit="case", mininterval=quiet, leave=False) as bar:
        yield bar.update
