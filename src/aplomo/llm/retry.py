"""The one retry policy: which failures are worth another attempt, how long to wait, when to stop.

SDK retries are off everywhere, so what is counted here is what was sent.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from aplomo.errors import BadCompletion, ModelError, ModelUnavailable
from aplomo.llm.port import Completion, Model, Request, Usage

__all__ = ["Asked", "Deadline", "RetryPolicy", "aask", "ask"]

T = TypeVar("T")

# A model at temperature 0 would repeat a broken answer word for word.
RETRY_TEMPERATURE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A moment after which nothing more is tried; `ends` is in the seconds of `clock`."""

    ends: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> "Deadline":
        """The deadline `seconds` from now."""
        return cls(ends=clock() + seconds, clock=clock)

    def later(self, seconds: float) -> "Deadline":
        """This deadline, put off by `seconds`."""
        return replace(self, ends=self.ends + seconds)

    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.ends - self.clock())


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """At most `attempts`, each within `timeout` seconds, all within `deadline` seconds.

    Waits grow from `first_wait` to `longest_wait` seconds, with jitter, unless the server says.
    """

    attempts: int = 3
    timeout: float = 60.0
    deadline: float = 120.0
    first_wait: float = 0.5
    longest_wait: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Generic[T]):
    """What asking came to: a `value`, or the `error` that ended it; and what it cost."""

    value: T | None
    error: ModelError | None
    usage: Usage
    attempts: int


def ask(
    model: Model,
    request: Request,
    parse: Callable[[Completion], T],
    policy: RetryPolicy | None = None,
    deadline: Deadline | None = None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Asked[T]:
    """Ask until `parse` accepts an answer or the policy gives up. Never raises ModelError.

    `parse` raises BadCompletion for an answer that cannot be used, which is asked for again.
    """
    run = _Run.begin(request, policy, deadline)

    def attempt() -> T:
        with run.attempt() as (asked, timeout):
            return parse(run.note(model.complete(asked, timeout=timeout)))

    try:
        value: T = Retrying(**run.strategies, sleep=sleep)(attempt)
    except ModelError as error:
        return run.failed(error)
    return run.done(value)


async def aask(
    model: Model,
    request: Request,
    parse: Callable[[Completion], T],
    policy: RetryPolicy | None = None,
    deadline: Deadline | None = None,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Asked[T]:
    """The async twin of `ask`."""
    run = _Run.begin(request, policy, deadline)

    async def attempt() -> T:
        with run.attempt() as (asked, timeout):
            return parse(run.note(await model.acomplete(asked, timeout=timeout)))

    try:
        value: T = await AsyncRetrying(**run.strategies, sleep=sleep)(attempt)
    except ModelError as error:
        return run.failed(error)
    return run.done(value)


@dataclass(slots=True, kw_only=True)
class _Run:
    """The state of one asking, shared by the sync and the async driver."""

    request: Request
    policy: RetryPolicy
    deadline: Deadline
    usage: Usage = field(default_factory=Usage)
    attempts: int = 0
    wait: float = 0.0
    _answered: bool = False

    @classmethod
    def begin(
        cls, request: Request, policy: RetryPolicy | None, deadline: Deadline | None
    ) -> "_Run":
        policy = policy or RetryPolicy()
        return cls(
            request=request, policy=policy, deadline=deadline or Deadline.after(policy.deadline)
        )

    @property
    def strategies(self) -> dict[str, Any]:
        return {
            "retry": retry_if_exception(lambda e: isinstance(e, ModelError) and e.retryable),
            "wait": self._wait,
            "stop": self._stop,
            "reraise": True,
        }

    @contextmanager
    def attempt(self) -> Generator[tuple[Request, float]]:
        """One attempt: what to ask, and within how many seconds; a failure's cost is noted."""
        remaining = self.deadline.remaining()
        if remaining <= 0:
            late = ModelUnavailable("no time left before the deadline")
            late.reached = False
            raise late
        self.attempts += 1
        self._answered = False
        try:
            yield self.request, min(self.policy.timeout, remaining)
        except ModelError as error:
            if error.reached and not self._answered:
                spent_in, spent_out = error.spent
                self.usage += Usage(calls=1, input_tokens=spent_in, output_tokens=spent_out)
            if isinstance(error, BadCompletion):
                warmer = max(self.request.temperature, RETRY_TEMPERATURE)
                self.request = replace(self.request, temperature=warmer)
            raise

    def note(self, completion: Completion) -> Completion:
        """Count an answer that came, whatever `parse` then makes of it."""
        self._answered = True
        self.usage += completion.usage
        return completion

    def failed(self, error: ModelError) -> Asked[Any]:
        return Asked(value=None, error=error, usage=self.usage, attempts=self.attempts)

    def done(self, value: T) -> Asked[T]:
        return Asked(value=value, error=None, usage=self.usage, attempts=self.attempts)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, BadCompletion):
            return 0.0  # the server is well: it is the answer that was not
        if isinstance(error, ModelUnavailable) and error.retry_after is not None:
            return error.retry_after
        first, longest = self.policy.first_wait, self.policy.longest_wait
        return (wait_exponential(multiplier=first, max=longest) + wait_random(0, first))(state)

    def _stop(self, state: RetryCallState) -> bool:
        if stop_after_attempt(self.policy.attempts)(state):
            return True
        remaining = self.deadline.remaining()
        if state.upcoming_sleep < remaining:
            return False
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ModelError):
            error.message += (
                f"; gave up: the next attempt is {state.upcoming_sleep:.1f} s away"
                f" and {remaining:.1f} s are left"
            )
        return True
