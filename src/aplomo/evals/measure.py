"""What a model gives for labelled cases, log-odds and hidden states: now, or from recordings."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from aplomo.answer.judge import Round
from aplomo.comment import Comment
from aplomo.errors import ModelError, ModelRejected
from aplomo.evals.cases import Case, Instruction
from aplomo.evals.recording.asking import on_behalf_of
from aplomo.llm.port import Completion, Model, Request
from aplomo.llm.retry import Deadline, RetryPolicy, ask

__all__ = ["Measured", "instructed", "measure", "of_round", "read", "recorded", "sample"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One case with what the model gave: log-odds of yes by question id, and its hidden state."""

    case: Case
    logits: Mapping[str, float] = field(default_factory=dict[str, float])
    state: tuple[float, ...] = ()


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


def instructed(cases: Sequence[Case], instructions: Sequence[Instruction]) -> list[Case]:
    """A case for each of `instructions`: after a comment, before one, or by itself, by turns.

    The comments are of `cases`, evenly spaced. None of the labels stays: an instruction may have
    made another comment of it.
    """
    made: list[Case] = []
    for index, one in enumerate(instructions):
        text = cases[index * len(cases) // len(instructions)].comment.text
        whole = (f"{text} {one.text}", f"{text}\n{one.text}", f"{one.text} {text}", one.text)
        comment = Comment(text=whole[index % len(whole)])
        made.append(Case(id=one.id, split="calibration", comment=comment, answers={}))
    return made


def measure(
    cases: Iterable[Case], round_: Round, model: Model, policy: RetryPolicy
) -> Iterator[tuple[Case, Mapping[str, float]]]:
    """The log-odds that `model` gives in a round, case by case.

    Raises ModelError when one cannot be answered.
    """
    for case in cases:
        reading = _asked(round_.request(case.comment), round_.parse, model, policy)
        yield case, {name: x for name, x in reading.logits.items() if x is not None}


def read(
    cases: Iterable[Case], round_: Round, model: Model, policy: RetryPolicy
) -> Iterator[tuple[Case, tuple[float, ...]]]:
    """The state in which `model` is after each case; nothing of a model that tells none.

    Raises ModelError when it cannot be reached.
    """
    try:
        for case in cases:
            request = round_.state_request(case.comment)
            yield case, _asked(request, _state, model, policy)
    except ModelRejected:
        return


def recorded(
    cases: Iterable[Case], round_: Round, model: Model, policy: RetryPolicy
) -> Iterator[Measured]:
    """What is recorded of each case, in an open Session.

    A case whose walk never came to the round has no recording of it, but may have one of its state.
    What a recorded answer does not tell is not told either: one broken answer spoils no other case.
    """
    from aplomo.evals.recording.cassette import Unrecorded
    from aplomo.evals.recording.offline import offline

    for case in cases:
        logits: Mapping[str, float] = {}
        state: tuple[float, ...] = ()
        with offline(), on_behalf_of(case.id):
            with suppress(Unrecorded, ModelError):
                [(_, logits)] = measure([case], round_, model, policy)
            with suppress(Unrecorded, ModelError):
                state = next((told for _, told in read([case], round_, model, policy)), ())
        yield Measured(case=case, logits=logits, state=state)


def _asked(
    request: Request, parse: Callable[[Completion], T], model: Model, policy: RetryPolicy
) -> T:
    asked = ask(model, request, parse, policy, Deadline.after(policy.deadline))
    if asked.error is not None:
        raise asked.error
    assert asked.value is not None
    return asked.value


def _state(completion: Completion) -> tuple[float, ...]:
    return completion.state
