"""What slows the outbox down before it does harm: caps on drafts, pauses for a failing tool."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from aplomo.errors import ConfigError

__all__ = ["Breaker", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much, how often and for how long; the whole numbers of the table `[inbox]`.

    Drafts an hour in one thread and in one adapter; how often the model, and anything else, is
    tried before a person is asked; seconds to wait after a first failure and at most; how many
    failures in a row open the breaker of an adapter, and for how many seconds.
    """

    per_thread_hour: int = 4
    per_adapter_hour: int = 500
    model_tries: int = 3
    tries: int = 300
    first_wait: float = 2
    longest_wait: float = 300
    breaker_failures: int = 5
    breaker_seconds: float = 30

    @classmethod
    def read(cls, table: Mapping[str, Any], where: str) -> "Limits":
        """The limits of an `[inbox]` table. Raises ConfigError when one is not a number."""
        names = [field.name for field in fields(cls)]
        given = {name: table[name] for name in names if name in table}
        for name, value in given.items():
            if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
                raise ConfigError(f"'inbox.{name}' must be a number above 0", where=where)
        return cls(**given)

    def wait(self, attempts: int) -> float:
        """Seconds to wait after that many failures before this one."""
        return min(self.longest_wait, self.first_wait * 2 ** min(attempts, 20))


@dataclass(kw_only=True)
class Breaker:
    """Counts an adapter's failures in a row; open, it leaves the tool alone for a while."""

    limits: Limits
    now: Callable[[], float] = time.time
    _failures: dict[str, int] = field(default_factory=dict[str, int], init=False)
    _until: dict[str, float] = field(default_factory=dict[str, float], init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def pause(self, adapter: str) -> float:
        """Seconds to leave that adapter alone; 0 when it may be called."""
        with self._lock:
            return max(0.0, self._until.get(adapter, 0.0) - self.now())

    def paused(self) -> tuple[str, ...]:
        """The adapters to leave alone just now."""
        with self._lock:
            now = self.now()
            return tuple(name for name, until in self._until.items() if until > now)

    def worked(self, adapter: str) -> None:
        """The tool answered."""
        with self._lock:
            self._failures[adapter] = 0

    def failed(self, adapter: str) -> None:
        """The tool did not answer, or not usably."""
        with self._lock:
            failures = self._failures.get(adapter, 0) + 1
            self._failures[adapter] = failures
            if failures >= self.limits.breaker_failures:
                self._until[adapter] = self.now() + self.limits.breaker_seconds
                self._failures[adapter] = 0
