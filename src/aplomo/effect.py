"""What a decision needs from outside while it is being made: a model call, or a person.

The logic is written as generators that yield these and are sent the results (the shape of httpx's
auth flow), so the sync and the async driver share every line of it.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from aplomo.comment import Comment
from aplomo.llm.port import Completion, Request
from aplomo.protocol.model import Question

__all__ = ["Call", "Consult", "Effect", "Effects"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Ask the model; `parse` reads its completion. The driver sends back an `Asked`."""

    request: Request
    parse: Callable[[Completion], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consult:
    """Ask a person. The driver sends back a Verdict, or None when nobody is there."""

    question: Question
    comment: Comment


Effect = Call | Consult
Effects = Generator[Effect, Any, T]
"""A computation that yields effects and returns a T."""
