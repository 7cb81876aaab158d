import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.protocol.load import loads
from aplomo.protocol.model import Outcome, Protocol, Question, Verdict
from aplomo.walk import walk
from random_protocols import protocols

VERDICTS: tuple[Verdict, ...] = ("yes", "no", "unsure")


def drive(protocol: Protocol, ask: Callable[[Question], Verdict]) -> tuple[list[str], Outcome]:
    """The simplest driver: the question ids asked, and the outcome."""
    path: list[str] = []
    steps = walk(protocol)
    try:
        question = next(steps)
        while True:
            path.append(question.id)
            question = steps.send(ask(question))
    except StopIteration as done:
        return path, done.value


def answers_for(data: st.DataObject, protocol: Protocol) -> dict[str, Verdict]:
    verdicts = st.sampled_from(VERDICTS)
    return data.draw(st.fixed_dictionaries(dict.fromkeys(protocol.questions, verdicts)))


@given(protocols(), st.data())
def test_any_answers_end_in_one_outcome(protocol: Protocol, data: st.DataObject) -> None:
    answers = answers_for(data, protocol)
    path, outcome = drive(protocol, lambda question: answers[question.id])
    assert len(set(path)) == len(path) <= len(protocol.questions)
    assert path[0] == protocol.start
    assert protocol.outcomes[outcome.id] is outcome
    targets = [protocol.questions[name].target(answers[name]) for name in path]
    assert targets == [*path[1:], outcome.id]


@given(protocols(), st.data())
def test_the_same_answers_give_the_same_path(protocol: Protocol, data: st.DataObject) -> None:
    answers = answers_for(data, protocol)
    first = drive(protocol, lambda question: answers[question.id])
    assert drive(protocol, lambda question: answers[question.id]) == first


@given(protocols(), st.data())
def test_answers_off_the_path_change_nothing(protocol: Protocol, data: st.DataObject) -> None:
    answers = answers_for(data, protocol)
    path, outcome = drive(protocol, lambda question: answers[question.id])
    others = answers_for(data, protocol)
    others.update({name: answers[name] for name in path})
    assert drive(protocol, lambda question: others[question.id]) == (path, outcome)


@given(protocols(), st.data())
def test_an_async_driver_walks_the_same_path(protocol: Protocol, data: st.DataObject) -> None:
    answers = answers_for(data, protocol)

    async def adrive() -> tuple[list[str], Outcome]:
        path: list[str] = []
        steps = walk(protocol)
        try:
            question = next(steps)
            while True:
                path.append(question.id)
                await asyncio.sleep(0)
                question = steps.send(answers[question.id])
        except StopIteration as done:
            return path, done.value

    # An event loop opens a socket pair, which the tests forbid; a bare coroutine needs none.
    coroutine = adrive()
    try:
        while True:
            coroutine.send(None)
    except StopIteration as done:
        assert done.value == drive(protocol, lambda question: answers[question.id])


@given(protocols())
def test_walks_are_independent_of_each_other(protocol: Protocol) -> None:
    one, other = walk(protocol), walk(protocol)
    assert next(one) is next(other) is protocol.questions[protocol.start]
    with pytest.raises(StopIteration):
        while True:
            one.send("yes")
    assert drive(protocol, lambda _: "no") == drive(protocol, lambda _: "no")
    other.close()


FORK = """\
id: fork
languages: [es]
start: b
questions:
  a: {text: {es: ¿A?}, yes: one, no: two}
  b: {text: {es: ¿B?}, yes: a, no: one, unsure: two}
outcomes:
  one: {action: no_reply}
  two: {action: no_reply}
"""


@pytest.mark.parametrize(
    ("b", "a", "path", "outcome"),
    [
        ("yes", "yes", ["b", "a"], "one"),
        ("yes", "no", ["b", "a"], "two"),
        ("yes", "unsure", ["b", "a"], "human_review"),
        ("no", "yes", ["b"], "one"),
        ("unsure", "yes", ["b"], "two"),
    ],
)
def test_every_branch_is_honoured(b: Verdict, a: Verdict, path: list[str], outcome: str) -> None:
    answers: dict[str, Verdict] = {"a": a, "b": b}
    walked, reached = drive(loads(FORK), lambda question: answers[question.id])
    assert (walked, reached.id) == (path, outcome)


def test_an_answer_that_is_no_answer_is_an_error() -> None:
    steps = walk(loads(FORK))
    next(steps)
    with pytest.raises(KeyError):
        steps.send("maybe")  # pyright: ignore[reportArgumentType]
