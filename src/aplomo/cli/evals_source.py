"""Where `aplomo evals calibrate` gets the model's answers: from the model, or from recordings."""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Never, TypeVar

import click

from aplomo.errors import ModelError, UsageError

if TYPE_CHECKING:
    from aplomo.embed.drafter import Drafter
    from aplomo.evals.cases import Case
    from aplomo.evals.measure import Measured
    from aplomo.evals.recording.asking import Asking
    from aplomo.llm.port import Model

__all__ = ["Source", "of_model", "of_recordings"]

T = TypeVar("T")

HOPELESS = 3
"""Failures in a row after which the model is not asked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Whose answers are used, and how they are got: `ask` takes the number of a round.

    `told` gives, under a round's prompt, the states by id after comments that speak to the model,
    where such are `instructed`.
    """

    drafter: "Drafter"
    ask: "Callable[[int], list[Measured]]"
    told: "Callable[[int], Mapping[str, tuple[float, ...]]]" = lambda _: {}
    instructed: bool = False


@contextmanager
def of_model(options: "Mapping[str, Any]") -> Generator[Source]:
    """The model is asked now."""
    from aplomo.evals.cases import load_cases, load_instructions
    from aplomo.evals.measure import Measured, instructed, measure, of_round, read, sample

    cases = _chosen(load_cases(*options["cases"]), options)
    fitting = [case for case in cases if case.split == "calibration"]
    listed = load_instructions(options["instructions"]) if options["instructions"] else ()
    states: dict[str, tuple[float, ...]] = {}
    orders: dict[str, tuple[float, ...]] = {}
    with _opened(options) as (drafter, asked_of):
        rounds, model = drafter.kit.rounds, (asked_of, drafter.policy)
        assert rounds is not None

        def fill(
            given: "dict[str, T]",
            of: "Sequence[Case]",
            ask: "Callable[[Case], Iterable[tuple[Case, T]]]",
        ) -> None:
            with _bar(len(of)) as step:
                for case, answer in _answered(of, ask):
                    given[case.id] = answer
                    step()

        def ask(number: int) -> "list[Measured]":
            round_ = rounds.round(number)
            names = {question.id for question in round_.questions}
            if not any(case.answers.keys() & names for case in cases):
                return []
            unread = [case for case in cases if case.id not in states]
            fill(states, unread, lambda case: read([case], round_, *model))
            # What the state alone decides need not be written.
            written = [q.id for q in round_.questions if not (states and "probe" in q.ask)]
            asked = sample(of_round(cases, written, first=number == 1), options["most"])
            logits: dict[str, Mapping[str, float]] = {}
            fill(logits, asked, lambda case: measure([case], round_, *model))
            return [
                Measured(case=case, logits=logits.get(case.id, {}), state=states.get(case.id, ()))
                for case in cases
            ]

        def told(number: int) -> "Mapping[str, tuple[float, ...]]":
            round_ = rounds.round(number)
            unread = [case for case in instructed(fitting, listed) if case.id not in orders]
            fill(orders, unread, lambda case: read([case], round_, *model))
            return orders

        yield Source(drafter=drafter, ask=ask, told=told, instructed=bool(listed))


@contextmanager
def _opened(options: "Mapping[str, Any]") -> "Generator[tuple[Drafter, Model]]":
    """The drafter, and its model: with what it gives kept in a file, where one is named."""
    from aplomo.embed.drafter import Drafter
    from aplomo.evals.kept import Kept
    from aplomo.workspace import Workspace

    workspace = Workspace.find()
    settings = workspace.model_settings(model=options["model"], base_url=options["base_url"])
    with closing(
        Drafter(workspace=workspace, protocol=options["protocol"], model=settings)
    ) as drafter:
        if options["keep"] is None:
            yield drafter, drafter.model
            return
        with closing(Kept(drafter.model, options["keep"])) as kept:
            yield drafter, kept


def _answered(cases: "Sequence[Case]", ask: "Callable[[Case], Iterable[T]]") -> "Iterator[T]":
    """What `ask` gives for each case; one that fails is left out, and said so.

    Ends where a case is given nothing, as no other would be. Raises ModelError when the model is
    down: it fails HOPELESS times in a row.
    """
    failed = 0
    for case in cases:
        try:
            given = list(ask(case))
        except ModelError as error:
            failed += 1
            if failed == HOPELESS:
                raise
            click.echo(f"{case.id} is left out: {error}", err=True)
            continue
        if not given:
            return
        failed = 0
        yield from given


@contextmanager
def of_recordings(options: "Mapping[str, Any]") -> Generator[Source]:
    """The answers are the suite's recorded ones. Raises UsageError when none can be used."""
    from aplomo.evals.measure import Measured, recorded
    from aplomo.evals.run import open_benches
    from aplomo.evals.session import Session

    named = options["protocol"]
    if len(options["cases"]) > 1:
        raise UsageError("--replay takes one suite", hint="name its folder under evals/")
    benches = open_benches(str(options["cases"][0]), [named] if named else [])
    if len(benches) != 1:
        protocols = ", ".join(bench.place.protocol for bench in benches)
        raise UsageError(f"recorded under several protocols: {protocols}", hint="name --protocol")
    [bench] = benches
    cases = _chosen(bench.chosen(), options)
    if not any(case.split == "calibration" for case in cases):
        hint = "`splits: [calibration, test]` above its cases, and record the misses"
        raise UsageError(f"{bench.name} records no case of the calibration split", hint=hint)
    with Session(bench, missed=_missed) as session:
        drafter = session.drafter
        rounds = drafter.kit.rounds
        assert rounds is not None

        def ask(number: int) -> "list[Measured]":
            found: list[Measured] = []
            with _bar(len(cases)) as step:
                for one in recorded(cases, rounds.round(number), drafter.model, drafter.policy):
                    found.append(one)
                    step()
            answered = sum(bool(one.logits) for one in found)
            click.echo(
                f"round {number}: {answered} of {len(cases)} cases have a recording", err=True
            )
            # A round that a probe answers whole needs no recorded answer.
            by_state = all("probe" in question.ask for question in rounds.round(number).questions)
            told = answered or (by_state and any(one.state for one in found))
            if number == 1 and not told:
                hint = f"aplomo evals record {bench.suite.name} --misses"
                raise UsageError("nothing is recorded under the present prompt", hint=hint)
            return found if told else []

        yield Source(drafter=drafter, ask=ask)


def _missed(who: "Asking", body: str) -> Never:
    """A round that a case never came to has no recording, and needs no explanation."""
    from aplomo.evals.recording.cassette import Unrecorded

    raise Unrecorded(who.place)


def _chosen(cases: "Sequence[Case]", options: "Mapping[str, Any]") -> "list[Case]":
    kinds = ("calibration",) if options["no_score"] else ("calibration", "test")
    return [case for case in cases if case.split in kinds]


@contextmanager
def _bar(total: int) -> "Generator[Callable[[], object]]":
    from tqdm import tqdm

    with tqdm(total=total, unit="case", disable=not sys.stderr.isatty()) as bar:
        yield lambda: bar.update()
