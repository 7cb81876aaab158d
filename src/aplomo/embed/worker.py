"""The in-process worker, where there is no task engine: a few threads that call `process`.

Everything it knows is in the store: killed at any moment, the next one goes on.
"""

import logging
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from aplomo.embed.outbox import Outbox
from aplomo.errors import AplomoError

__all__ = ["Worker"]

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Worker:
    """Works on what is due with `threads` threads, one event each at a time.

    Adapters in `poll` are asked what is new every `poll_seconds`; delivered drafts are looked at
    every `review_seconds`, when the tool may not have told of an approval or an answer.
    """

    outbox: Outbox
    threads: int = 2
    poll: Sequence[str] = ()
    idle_seconds: float = 1.0
    poll_seconds: float = 30.0
    review_seconds: float = 60.0
    _stopping: threading.Event = field(default_factory=threading.Event, init=False)
    _news: threading.Event = field(default_factory=threading.Event, init=False)
    _running: list[threading.Thread] = field(default_factory=list[threading.Thread], init=False)

    def start(self) -> None:
        """Start the threads."""
        loops = [self._work] * self.threads + [self._poll, self._review]
        for number, loop in enumerate(loops):
            thread = threading.Thread(target=loop, name=f"aplomo-worker-{number}", daemon=True)
            thread.start()
            self._running.append(thread)

    def wake(self) -> None:
        """Something has come in: do not wait for the next look."""
        self._news.set()

    def stop(self, timeout: float = 30.0) -> bool:
        """End gracefully: each thread finishes the event in hand. False if one did not in time."""
        self._stopping.set()
        self._news.set()
        until = time.monotonic() + timeout
        for thread in self._running:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._running)

    def __enter__(self) -> "Worker":
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def drain(self) -> int:
        """Work in this thread until nothing is due; how many events were worked on."""
        done = 0
        while not self._stopping.is_set() and self._one():
            done += 1
        return done

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            if not self._one():
                self._news.wait(self.idle_seconds)

    def _one(self) -> bool:
        """Work on one event; False when none is due."""
        try:
            id_ = self.outbox.store.ledger.due(paused=self.outbox.breaker.paused())
            if id_ is None:
                return False
            self.outbox.process(id_)
        except Exception:
            # The store itself failed: nothing can be noted there. It is asked again, later.
            _log.exception("the outbox could not be worked on")
            return False
        return True

    # Polling and reviewing never wait for each other: a look at every draft may take long.

    def _poll(self) -> None:
        while not self._stopping.is_set():
            for name in self.poll:
                with _unharmed(f"polling {name}"):
                    if self.outbox.poll(name):
                        self.wake()
            self._stopping.wait(self.poll_seconds)

    def _review(self) -> None:
        while not self._stopping.is_set():
            with _unharmed("looking at delivered drafts"):
                self._review_all()
            self._stopping.wait(self.review_seconds)

    def _review_all(self) -> None:
        for entry in self.outbox.store.ledger.each(["delivered"]):
            if self._stopping.is_set():
                return
            with _unharmed(f"looking at {entry.id}"):
                self.outbox.review(entry.id)


@contextmanager
def _unharmed(doing: str) -> Generator[None]:
    """Whatever goes wrong within is logged, and the thread goes on."""
    try:
        yield
    except AplomoError as error:
        _log.warning("%s failed: %s", doing, error)
    except Exception:
        _log.exception("%s failed", doing)
