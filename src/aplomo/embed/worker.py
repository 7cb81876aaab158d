"""The in-process worker, where there is no task engine: a few threads that call `process`.

Everything it knows is in the store: killed at any moment, the next one goes on.
"""

import logging
import threading
import time
from collections.abc import Sequence
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
        loops = [self._work] * self.threads + [self._watch]
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

    def _watch(self) -> None:
        polled = reviewed = 0.0
        while not self._stopping.is_set():
            now = time.monotonic()
            if self.poll and now - polled >= self.poll_seconds:
                self._poll_all()
                polled = now
            if now - reviewed >= self.review_seconds:
                self._review_all()
                reviewed = now
            self._stopping.wait(min(self.idle_seconds, self.poll_seconds, self.review_seconds))

    def _poll_all(self) -> None:
        for name in self.poll:
            try:
                if self.outbox.poll(name):
                    self.wake()
            except AplomoError as error:
                _log.warning("polling %s failed: %s", name, error)

    def _review_all(self) -> None:
        try:
            for entry in self.outbox.store.ledger.entries(["delivered"]):
                if self._stopping.is_set():
                    return
                self.outbox.review(entry.id)
        except AplomoError as error:
            _log.warning("looking at delivered drafts failed: %s", error)
