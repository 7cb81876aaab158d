"""The log-odds that a model gives on labelled cases: asked now, or read from recordings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from aplomo.answer.judge import Round
from aplomo.evals.cases import Case
from aplomo.evals.recording.asking import on_behalf_of
from aplomo.llm.port import Model
from aplomo.llm.retry import Deadline, RetryPolicy, ask

__all__ = ["Measured", "measure", "of_round", "recorded", "sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One case with the log-odds of yes that the model gave, by question id."""

    case: Case
    logits: Mapping[str, float]


def sample(cases: Sequence[Case], most: int | None) -> list[Case]:
    """At most `most` cases of each split, evenly spaced: files run in blocks of one kind."""
    chosen: list[Case] = []
    for split in ("calibration", "test"):
        of_split = [case for case in cases if case.split == split]
        count = min(most or len(of_split), len(of_split))
        chosen += [of_split[index * len(of_split) // count] for index in range(count)]
    return chosen


def of_round(cases: Sequence[Case], questions: Sequence[str], *, first: bool) -> list[Case]:
    """The cases that label any of a round's `questions`.

    A later round is asked of few comments: of the cases where it finds nothing, one for each where
    it does, evenly spaced in each split.
    """
    labelled = [case for case in cases if case.answers.keys() & set(questions)]
    if first:
        return labelled
    chosen: list[Case] = []
    for split in ("calibration", "test"):
        of_split = [case for case in labelled if case.split == split]
        found = [c for c in of_split if any(c.answers.get(name) == "yes" for name in questions)]
        others = [case for case in of_split if case not in found]
        count = min(len(found), len(others))
        chosen += found + [others[index * len(others) // count] for index in range(count)]
    return chosen


def measure(
    cases: Iterable[Case],
    round_: Round,
    model: Model,
    policy: RetryPolicy,
    progress: Callable[[], object],
) -> list[Measured]:
    """Ask `model` the round of every case. Raises ModelError when one cannot be answered."""
    results: list[Measured] = []
    for case in cases:
        deadline = Deadline.after(policy.deadline)
        asked = ask(model, round_.request(case.comment), round_.parse, policy, deadline)
        if asked.error is not None:
            raise asked.error
        assert asked.value is not None
        logits = {name: x for name, x in asked.value.logits.items() if x is not None}
        results.append(Measured(case=case, logits=logits))
        progress()
    return results


def recorded(
    cases: Iterable[Case],
    round_: Round,
    model: Model,
    policy: RetryPolicy,
    progress: Callable[[], object],
) -> list[Measured]:
    """The log-odds of the cases whose round is recorded, in an open Session; no others.

    A case whose walk never came to the round has no recording of it.
    """
    from aplomo.evals.recording.cassette import Unrecorded
    from aplomo.evals.recording.offline import offline

    results: list[Measured] = []
    with offline():
        for case in cases:
            try:
                with on_behalf_of(case.id):
                    results += measure([case], round_, model, policy, progress)
            except Unrecorded:
                progress()
    return results
