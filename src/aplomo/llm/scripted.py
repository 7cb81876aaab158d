"""A model that says what a script tells it: for tests, ours and yours."""

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace

from aplomo.errors import ModelError
from aplomo.llm.port import Completion, Request, Usage

__all__ = ["ScriptedModel", "Step"]

Step = str | Completion | ModelError | Callable[[Request], Completion]
"""A text, a completion, an error to raise, or a function of the request."""


class ScriptedModel:
    """Plays `steps` in order, one a call, and keeps every request in `requests`.

    A call beyond the script raises AssertionError naming the call's purpose; as a context manager
    it also fails, at the end, when steps are left over.
    """

    def __init__(self, steps: Iterable[Step], *, name: str = "scripted") -> None:
        self.requests: list[Request] = []
        self._steps = list(steps)
        self._name = name

    @property
    def name(self) -> str:
        """The name given."""
        return self._name

    @property
    def host(self) -> str:
        """Nothing is reached."""
        return ""

    def complete(self, request: Request, *, timeout: float) -> Completion:
        """Play the next step; `timeout` is ignored."""
        self.requests.append(copy.deepcopy(request))
        played = len(self.requests)
        if played > len(self._steps):
            raise AssertionError(
                f"unexpected call {played} ('{request.purpose}'): the script has"
                f" {len(self._steps)} step(s)"
            )
        step = self._steps[played - 1]
        if isinstance(step, ModelError):
            raise step
        if isinstance(step, str):
            return Completion(text=step, usage=Usage(calls=1))
        return replace(step) if isinstance(step, Completion) else step(request)

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        """The async twin of `complete`."""
        return self.complete(request, timeout=timeout)

    def assert_complete(self) -> None:
        """Raise AssertionError when steps are left over."""
        left = len(self._steps) - len(self.requests)
        if left > 0:
            raise AssertionError(f"{left} of {len(self._steps)} step(s) were never asked for")

    def __enter__(self) -> "ScriptedModel":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.assert_complete()
