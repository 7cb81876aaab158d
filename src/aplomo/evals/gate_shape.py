"""The shape of `[evals.gate]`: what one value can tell is checked here."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["GateShape", "known_keys"]

Part = Annotated[float, Field(gt=0, lt=1)]
Budget = Annotated[float, Field(gt=0)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ByLabel(_Shape):
    """Thresholds for a question, apart for cases labelled yes and no."""

    yes: Part | None = None
    no: Part | None = None


class AtLeast(_Shape):
    """Shares of cases that must be right."""

    outcome: Part | None = None
    safe: Part | None = None
    cases: Part | None = None
    answers: dict[str, Part | ByLabel] = {}
    checks: dict[str, Part] = {}


class _Demands(_Shape):
    confidence: Part = 0.95
    significance: Part = 0.05
    at_least: AtLeast = AtLeast()
    errors: Annotated[int, Field(ge=0)] = 0
    calls: Budget | None = None
    tokens: Budget | None = None
    seconds: Budget | None = None


class GateShape(_Demands):
    """`[evals.gate]`, and what single suites ask for instead."""

    suites: dict[str, _Demands] = {}


def known_keys(place: Sequence[str]) -> Collection[str]:
    """The keys that may stand in the table at `place`, for hints."""
    kind: Any = GateShape
    for part in place:
        fields = getattr(kind, "model_fields", {})
        kind = fields[part].annotation if part in fields else (get_args(kind) or (None,))[-1]
    return getattr(kind, "model_fields", {})
