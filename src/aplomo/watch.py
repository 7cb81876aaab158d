"""Watching decisions being made, for traces and metrics: one wrapper around the effects.

The effects pass through it unchanged, so the sync and the async driver need to know nothing of it,
and without a Watch it is not there.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from aplomo.comment import Comment
from aplomo.decision.model import Decision
from aplomo.effect import Call, Effects
from aplomo.llm.port import Model, Request
from aplomo.llm.retry import Asked

__all__ = ["Watch", "watched"]


class Watch(Protocol):
    """Sees each decision and each model call from begin to end, and changes nothing.

    Each method gives a context manager to put around the work; what that yields is called with
    the result. Used from several threads and tasks at once.
    """

    def decision(self, comment: Comment) -> AbstractContextManager[Callable[[Decision], None]]:
        """Around one decision."""
        ...

    def call(
        self, request: Request, model: Model
    ) -> AbstractContextManager[Callable[[Asked[Any]], None]]:
        """Around asking the model, with its retries."""
        ...


def watched(
    steps: Effects[Decision], comment: Comment, model: Model, watch: Watch | None
) -> Effects[Decision]:
    """The same effects and the same decision, seen by `watch`; `steps` itself without one."""
    return steps if watch is None else _watched(steps, comment, model, watch)


def _watched(
    steps: Effects[Decision], comment: Comment, model: Model, watch: Watch
) -> Effects[Decision]:
    result: Any = None
    with watch.decision(comment) as decided:
        while True:
            try:
                effect = steps.send(result)
            except StopIteration as stop:
                decided(stop.value)
                return stop.value
            if isinstance(effect, Call):
                with watch.call(effect.request, model) as answered:
                    result = yield effect
                    answered(result)
            else:
                result = yield effect
