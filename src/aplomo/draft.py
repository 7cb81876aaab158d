"""A draft: the words proposed for one outcome, before any check."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Draft"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The public `text`, the private follow-up where the outcome asks, and the fact ids cited."""

    text: str
    private_text: str | None = None
    origin: Literal["model", "template"] = "model"
    facts: tuple[str, ...] = ()
