"""Polling by number: what is numbered above a mark, and what was numbered below it but came later.

A tool numbers a message when its transaction begins and shows it when that ends: one that took
long appears below a number that was seen already.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["Mark"]

_LATE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The highest number seen, and the one of the first look: up to that nothing is ever listed."""

    highest: int
    first: int

    @classmethod
    def now(cls, ids: Iterable[int]) -> "Mark":
        """A first mark above these numbers."""
        highest = max(ids, default=0)
        return cls(highest=highest, first=highest)

    @classmethod
    def read(cls, text: str) -> "Mark":
        """A mark as `str` writes it; a number alone is a first one."""
        highest, _, first = text.partition("/")
        return cls(highest=int(highest), first=int(first or highest))

    def __str__(self) -> str:
        return f"{self.highest}/{self.first}"

    @property
    def above(self) -> int:
        """The number above which to ask: what was listed before is listed again, and known."""
        return max(self.first, self.highest - _LATE)

    def after(self, ids: Iterable[int]) -> "Mark":
        """The mark once these have been seen."""
        return replace(self, highest=max([self.highest, *ids]))
