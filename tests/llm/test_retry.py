import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.errors import BadCompletion, ModelError, ModelRejected, ModelUnavailable
from aplomo.llm.openai_compatible import OpenAICompatible
from aplomo.llm.port import Completion, Model, Request
from aplomo.llm.retry import Asked, Deadline, RetryPolicy, aask, ask
from aplomo.llm.scripted import ScriptedModel, Step
from misbehaving import Misbehaving


class Clock:
    """Time that passes only by sleeping, and by `cost` seconds at every call to the model."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


def as_json(completion: Completion) -> Any:
    try:
        return json.loads(completion.text)
    except ValueError:
        raise BadCompletion("not JSON") from None


Run = Callable[..., Asked[Any]]


def sync_run(model: Model, request: Request, policy: RetryPolicy, clock: Clock) -> Asked[Any]:
    deadline = Deadline.after(policy.deadline, clock)
    return ask(model, request, as_json, policy, deadline, sleep=clock.sleep)


def async_run(model: Model, request: Request, policy: RetryPolicy, clock: Clock) -> Asked[Any]:
    deadline = Deadline.after(policy.deadline, clock)
    work = aask(model, request, as_json, policy, deadline, sleep=clock.asleep)
    return asyncio.run(work)


@pytest.fixture(params=[sync_run, async_run], ids=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_good_answer_is_asked_for_once(request_: Request, clock: Clock, run: Run):
    with ScriptedModel(["1"]) as model:
        asked = run(model, request_, RetryPolicy(), clock)
    assert (asked.value, asked.error, asked.attempts, asked.usage.calls) == (1, None, 1, 1)
    assert clock.waits == []


def test_every_attempt_is_counted_on_the_server(
    server: Misbehaving, model: OpenAICompatible, request_: Request, clock: Clock, run: Run
):
    server.script = [server.fails(500), server.says("{broken"), server.says("[2]")]
    asked = run(model, request_, RetryPolicy(), clock)
    assert (asked.value, asked.attempts, server.calls, asked.usage.calls) == ([2], 3, 3, 3)
    assert (asked.usage.input_tokens, asked.usage.output_tokens) == (22, 14)


def test_it_gives_up_after_the_attempts_allowed(
    server: Misbehaving, model: OpenAICompatible, request_: Request, clock: Clock, run: Run
):
    server.script = [server.fails(503, "busy")]
    asked = run(model, request_, RetryPolicy(attempts=4), clock)
    assert isinstance(asked.error, ModelUnavailable)
    assert (asked.value, server.calls, asked.usage.calls, len(clock.waits)) == (None, 4, 4, 3)


def test_refusals_of_the_endpoint_are_not_asked_twice(
    server: Misbehaving, model: OpenAICompatible, request_: Request, clock: Clock, run: Run
):
    server.script = [server.fails(401)]
    asked = run(model, request_, RetryPolicy(), clock)
    assert isinstance(asked.error, ModelRejected)
    assert server.calls == 1


def test_broken_answers_are_asked_again_warmer_and_at_once(
    server: Misbehaving, model: OpenAICompatible, request_: Request, clock: Clock, run: Run
):
    server.script = [
        server.says("{broken"),
        server.says(message={"refusal": "no"}),
        server.says("{", finish_reason="length"),
    ]
    asked = run(model, request_, RetryPolicy(), clock)
    assert isinstance(asked.error, BadCompletion)
    assert [body["temperature"] for body in server.bodies] == [0.0, 0.3, 0.3]
    assert clock.waits == [0.0, 0.0]
    assert (asked.usage.calls, asked.usage.output_tokens) == (3, 21)


def test_other_retries_stay_deterministic(
    server: Misbehaving, model: OpenAICompatible, request_: Request, clock: Clock
):
    server.script = [server.fails(500), server.says("1")]
    sync_run(model, request_, RetryPolicy(), clock)
    assert [body["temperature"] for body in server.bodies] == [0.0, 0.0]


def test_retry_after_is_honoured(
    server: Misbehaving, model: OpenAICompatible, request_: Request, clock: Clock, run: Run
):
    server.script = [server.fails(429, retry_after="17"), server.says("1")]
    assert run(model, request_, RetryPolicy(), clock).value == 1
    assert clock.waits == [17.0]


def test_a_retry_after_beyond_the_deadline_stops_at_once(
    server: Misbehaving, model: OpenAICompatible, request_: Request, clock: Clock, run: Run
):
    server.script = [server.fails(429, "slow down", retry_after="300")]
    asked = run(model, request_, RetryPolicy(deadline=120), clock)
    assert str(asked.error) == (
        "127.0.0.1: HTTP 429: slow down;"
        " gave up: the next attempt is 300.0 s away and 120.0 s are left"
    )
    assert (clock.waits, server.calls) == ([], 1)


def test_each_call_gets_what_is_left_at_most(request_: Request, clock: Clock):
    given: list[float] = []

    class Slow(ScriptedModel):
        def complete(self, request: Request, *, timeout: float) -> Completion:
            given.append(timeout)
            clock.now += timeout
            raise ModelUnavailable("late", retry_after=0)

    asked = sync_run(Slow([]), request_, RetryPolicy(attempts=9, timeout=50, deadline=120), clock)
    assert given == [50, 50, 20]
    assert (clock.now, asked.attempts) == (220.0, 3)


def test_no_time_left_asks_nobody(request_: Request, clock: Clock, run: Run):
    asked = run(ScriptedModel([]), request_, RetryPolicy(deadline=0), clock)
    assert "no time left" in str(asked.error)
    assert (asked.attempts, asked.usage.calls) == (0, 0)


def test_an_endpoint_that_cannot_be_reached_costs_no_call(
    request_: Request, clock: Clock, run: Run
):
    with OpenAICompatible(model="m", base_url="http://127.0.0.1:9/v1") as model:
        asked = run(model, request_, RetryPolicy(), clock)
    assert (asked.attempts, asked.usage.calls) == (3, 0)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError(), SystemExit()])
def test_what_is_not_a_model_error_passes(request_: Request, clock: Clock, error: BaseException):
    def interrupted(_: Request) -> Completion:
        raise error

    with pytest.raises(type(error)):
        sync_run(ScriptedModel([interrupted]), request_, RetryPolicy(), clock)


failures = st.one_of(
    st.builds(ModelUnavailable, st.just("u"), retry_after=st.none() | st.floats(0, 50)),
    st.builds(BadCompletion, st.just("b")),
    st.builds(ModelRejected, st.just("r")),
    st.just("1"),
    st.just("{"),
)


@given(
    steps=st.lists(failures, min_size=6, max_size=6),
    attempts=st.integers(1, 6),
    seconds=st.floats(0.1, 60),
)
def test_no_script_breaks_the_bounds(steps: list[Step], attempts: int, seconds: float):
    clock, request = Clock(), Request(purpose="draft", messages=())
    model = ScriptedModel(steps)
    policy = RetryPolicy(attempts=attempts, deadline=seconds)
    asked = sync_run(model, request, policy, clock)
    assert 1 <= asked.attempts == asked.usage.calls == len(model.requests) <= attempts
    assert clock.now <= 100 + seconds + 1e-6
    assert (asked.value is None) == isinstance(asked.error, ModelError)
    last = steps[asked.attempts - 1]
    assert (last == "1") == (asked.error is None)
