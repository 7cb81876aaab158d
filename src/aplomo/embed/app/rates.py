"""How often one source or token may call: buckets that refill, as many as fit in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Buckets"]

MOST_BUCKETS = 10_000


@dataclass(kw_only=True)
class Buckets:
    """One bucket a caller: `burst` calls at once, then `rate` a second.

    The least recently seen callers are forgotten first, so that inventing callers costs us no
    memory. For one event loop: not thread-safe.
    """

    rate: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(
        default_factory=OrderedDict[str, tuple[float, float]]
    )

    def wait(self, caller: str) -> float:
        """0 when `caller` may go on, else how many seconds it should wait."""
        left = self._refilled(caller)
        if left < 1:
            return (1 - left) / self.rate
        self._keep(caller, left - 1)
        return 0.0

    def empty(self, caller: str) -> float:
        """The same, without taking a call: what `wait` would say now."""
        left = self._refilled(caller)
        return 0.0 if left >= 1 else (1 - left) / self.rate

    def _refilled(self, caller: str) -> float:
        left, at = self._left.get(caller, (self.burst, self.clock()))
        return min(self.burst, left + (self.clock() - at) * self.rate)

    def _keep(self, caller: str, left: float) -> None:
        self._left[caller] = (left, self.clock())
        self._left.move_to_end(caller)
        while len(self._left) > MOST_BUCKETS:
            self._left.popitem(last=False)
