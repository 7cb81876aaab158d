"""Who works on a thread: one worker at a time, and never one that has slept past its time.

Leases are on threads, not on messages: two messages of one thread must not be drafted side by side.
While its holder works a lease is renewed, however long that takes; killed or put to sleep, it is
not, and another worker goes on.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, update

from aplomo.embed.adapter import Ref
from aplomo.embed.store.database import Database
from aplomo.embed.store.rows import Thread, in_thread, thread_of
from aplomo.embed.store.tables import lease
from aplomo.errors import StoreError

__all__ = ["Lease", "LeaseLost", "Leases"]


_log = logging.getLogger(__name__)


class LeaseLost(StoreError):
    """Another worker has taken over the thread."""

    code = "lease_lost"
    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on one thread, for a while."""

    thread: Thread
    owner: str


@dataclass(frozen=True, kw_only=True)
class Leases:
    """`seconds` is how long a lease lasts when it is not renewed, as it is three times as often."""

    database: Database
    seconds: float = 120.0
    now: Callable[[], float] = time.time

    @contextmanager
    def on(self, ref: Ref) -> Generator[Lease | None]:
        """The lease on the thread of `ref`, given back afterwards; None when it is taken."""
        taken = Lease(thread=thread_of(ref), owner=uuid.uuid4().hex)
        if not self._take(taken):
            yield None
            return
        over = threading.Event()
        beat = threading.Thread(target=self._renewed, args=(taken, over), daemon=True)
        beat.start()
        try:
            yield taken
        finally:
            over.set()
            beat.join()
            with self.database.write() as connection:
                connection.execute(lease.delete().where(_held(taken)))

    def renew(self, held: Lease) -> None:
        """A whole lease from now on: before each write into a tool. Raises LeaseLost."""
        with self.database.write() as connection:
            self.keep(connection, held)

    def keep(self, connection: Connection, held: Lease) -> None:
        """The same, within a transaction that must not go on without the lease."""
        until = self.now() + self.seconds
        mine = update(lease).where(_held(held)).values(until=until)
        if connection.execute(mine.returning(lease.c.owner)).first() is None:
            raise LeaseLost("another worker has taken over this thread")

    def _renewed(self, held: Lease, over: threading.Event) -> None:
        """Renew a lease until its work is over: a decision may take longer than any lease."""
        while not over.wait(self.seconds / 3):
            try:
                self.renew(held)
            except LeaseLost:
                return  # the work finds out by itself, before it changes anything
            except Exception:
                _log.exception("a lease could not be renewed")

    def _take(self, wanted: Lease) -> bool:
        now = self.now()
        names = ("adapter", "account", "thread_id")
        mine = {"owner": wanted.owner, "until": now + self.seconds}
        row = dict(zip(names, wanted.thread, strict=True)) | mine
        statement = (
            self.database.insert(lease)
            .values(**row)
            .on_conflict_do_update(index_elements=names, set_=mine, where=lease.c.until <= now)
        )
        with self.database.write() as connection:
            return connection.execute(statement.returning(lease.c.owner)).first() is not None


def _held(held: Lease) -> ColumnElement[bool]:
    return and_(in_thread(lease, held.thread), lease.c.owner == held.owner)
