"""Who is asking: the case whose model call is on its way, and what its calls came to.

It travels in a context variable, beside the request and never in it, so that a recording can be
found, counted and named for the case that needs it. Model and HTTP client may hand the call to
other threads: they carry the context along.
"""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from aplomo.errors import ModelError
from aplomo.evals.result import CallResult
from aplomo.llm.port import Completion, Model, Request

__all__ = ["Asking", "Traced", "asking", "on_behalf_of"]

_current: ContextVar["Asking | None"] = ContextVar("aplomo_asking", default=None)


@dataclass(kw_only=True)
class Asking:
    """One case on its way: `asked` counts how often it has made each request, by key."""

    case: str
    purpose: str = ""
    key: str = ""
    asked: Counter[str] = field(default_factory=Counter[str])
    calls: list[CallResult] = field(default_factory=list[CallResult])

    @property
    def place(self) -> str:
        """The case and the question round, for a person."""
        return f"case {self.case}, {self.purpose}" if self.case else self.purpose


def asking() -> Asking | None:
    """Who is asking here and now; None outside a model call."""
    current = _current.get()
    return current if current is not None and current.purpose else None


@contextmanager
def on_behalf_of(case: str) -> Generator[Asking]:
    """Make every model call in this context the case's."""
    token = _current.set(made := Asking(case=case))
    try:
        yield made
    finally:
        _current.reset(token)


class Traced:
    """A model whose calls are noted for the case that makes them."""

    def __init__(self, model: Model, *, host: str | None = None) -> None:
        self._model = model
        self._host = model.host if host is None else host

    @property
    def name(self) -> str:
        """The model's own name."""
        return self._model.name

    @property
    def host(self) -> str:
        """The host given, else the model's own."""
        return self._host

    @property
    def refused(self) -> frozenset[str]:
        """The parameters that the model has not taken."""
        return getattr(self._model, "refused", frozenset())

    def complete(self, request: Request, *, timeout: float) -> Completion:
        """Ask the model, and note the call."""
        with _noted(request.purpose) as done:
            done.append(completion := self._model.complete(request, timeout=timeout))
            return completion

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        """The async twin of `complete`."""
        with _noted(request.purpose) as done:
            done.append(completion := await self._model.acomplete(request, timeout=timeout))
            return completion

    def close(self) -> None:
        """Release the model, if it holds anything."""
        if (close := getattr(self._model, "close", None)) is not None:
            close()


@contextmanager
def _noted(purpose: str) -> Generator[list[Completion]]:
    """Note the call made inside, unless nothing answered it; it is done when the list has it."""
    who = _current.get()
    done: list[Completion] = []
    if who is None:
        yield done
        return
    who.purpose, who.key, spent = purpose, "", (0, 0)
    try:
        yield done
    except ModelError as error:
        spent = error.spent
        raise
    finally:
        if done:
            spent = (done[0].usage.input_tokens, done[0].usage.output_tokens)
        if who.key:
            call = CallResult(
                purpose=purpose, key=who.key, input_tokens=spent[0], output_tokens=spent[1]
            )
            who.calls.append(call)
        who.purpose = ""
