"""The outbox's lines: where each message stands, and every step it takes.

Each method is one transaction. A step is refused when the lease on the thread is lost, so that a
worker that slept too long changes nothing.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, not_, or_, select

from aplomo.embed.adapter import Ref
from aplomo.embed.store.database import Database
from aplomo.embed.store.entry import LIVE, OPEN, Entry, State
from aplomo.embed.store.leases import Lease, Leases
from aplomo.embed.store.rows import (
    Thread,
    change,
    entry_of,
    in_thread,
    insert_new,
    note,
    thread_of,
)
from aplomo.embed.store.tables import journal, lease, outbox, written
from aplomo.errors import InputError

__all__ = ["Ledger"]


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Reads and moves the entries of the outbox."""

    database: Database
    leases: Leases
    now: Callable[[], float] = time.time

    def get(self, id_: str) -> Entry | None:
        """The entry with that event id, or that draft key."""
        named = or_(outbox.c.id == id_, outbox.c.key == id_)
        return next(iter(self._select(named)), None)

    def entry(self, id_: str) -> Entry:
        """The same. Raises InputError when there is none."""
        if (entry := self.get(id_)) is None:
            raise InputError(f"there is no '{id_}' in the outbox", hint="aplomo inbox --all")
        return entry

    def entries(self, states: Iterable[State], limit: int = 1000) -> list[Entry]:
        """The newest entries in any of `states`, newest first."""
        newest = (outbox.c.received_at.desc(), outbox.c.id.desc())
        return self._select(outbox.c.state.in_(list(states)), order=newest, limit=limit)

    def each(self, states: Iterable[State], page: int = 200) -> Iterator[Entry]:
        """Every entry in any of `states`, oldest first, however many; read page by page."""
        wanted = outbox.c.state.in_(list(states))
        found = self._select(wanted, limit=page)
        while found:
            yield from found
            found = self._select(wanted, _after(found[-1]), limit=page)

    def count(self, states: Iterable[State]) -> int:
        """How many entries are in any of `states`."""
        query = select(func.count()).select_from(outbox).where(outbox.c.state.in_(list(states)))
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def thread(self, ref: Ref, states: Iterable[State]) -> list[Entry]:
        """The entries of the thread of `ref` in any of `states`, oldest first."""
        return self._select(in_thread(outbox, thread_of(ref)), outbox.c.state.in_(list(states)))

    def of_message(self, ref: Ref) -> Entry | None:
        """The entry of exactly that message."""
        here = in_thread(outbox, thread_of(ref))
        return next(iter(self._select(here, outbox.c.message_id == ref.message_id)), None)

    def due(self, states: Iterable[State] = OPEN, *, paused: Iterable[str] = ()) -> str | None:
        """The id of an event to work on now, in a thread that nobody works on.

        Adapters in `paused` are left alone.
        """
        now = self.now()
        same = [lease.c[name] == outbox.c[name] for name in ("adapter", "account", "thread_id")]
        busy = exists().where(*same, lease.c.until > now)
        query = (
            select(outbox.c.id)
            .where(outbox.c.state.in_(list(states)), outbox.c.due_at <= now, not_(busy))
            .where(outbox.c.adapter.not_in(list(paused)))
            .order_by(outbox.c.due_at)
            .limit(1)
        )
        with self.database.read() as connection:
            return connection.execute(query).scalar()

    def drafted_since(self, since: float, adapter: str, thread: Thread | None = None) -> int:
        """How many drafts were claimed since then, in an adapter or in one thread of it."""
        where = [journal.c.state == "drafted", journal.c.at >= since, outbox.c.adapter == adapter]
        if thread is not None:
            where.append(in_thread(outbox, thread))
        both = journal.join(outbox, journal.c.outbox_id == outbox.c.id)
        with self.database.read() as connection:
            query = select(func.count()).select_from(both).where(*where)
            return connection.execute(query).scalar_one()

    def wrote(self, ref: Ref, message_id: str) -> bool:
        """Whether that message of the account of `ref` was written by us."""
        query = select(written.c.at).where(
            written.c.adapter == ref.adapter,
            written.c.account == ref.account,
            written.c.message_id == message_id,
        )
        with self.database.read() as connection:
            return connection.execute(query).first() is not None

    def history(self, id_: str) -> list[tuple[float, str, str]]:
        """Every step of an entry: when, the state, why."""
        columns = (journal.c.at, journal.c.state, journal.c.reason)
        query = select(*columns).where(journal.c.outbox_id == id_).order_by(journal.c.number)
        with self.database.read() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]

    def step(
        self,
        entry: Entry,
        state: State,
        held: Lease,
        *,
        reason: str = "",
        wrote: str | None = None,
        also: Callable[[Connection], None] | None = None,
        **values: Any,
    ) -> Entry:
        """Move `entry` to `state`, noted in the journal. Raises LeaseLost.

        `wrote` is the id of what was just written into the tool; `also` is done in the same
        transaction; `values` are other columns. A draft of the thread that stands in the way of a
        new one is superseded.
        """
        now = self.now()
        new = {"state": state, "reason": reason, "updated_at": now, "due_at": now, "attempts": 0}
        with self.database.write() as connection:
            self.leases.keep(connection, held)
            if state in LIVE and entry.state not in LIVE:
                _supersede(connection, entry, now)
            row = change(connection, entry.id, new | values)
            note(connection, entry.id, now, state, reason)
            if wrote:
                mine = {"adapter": entry.ref.adapter, "account": entry.ref.account}
                mine |= {"message_id": wrote, "at": now}
                insert_new(self.database, connection, written, mine)
            if also is not None:
                also(connection)
            return entry_of(row)

    def postpone(
        self, entry: Entry, held: Lease, *, seconds: float, reason: str, tried: bool = True
    ) -> Entry:
        """Look at `entry` again later; its state stays. Raises LeaseLost.

        `tried` off when nothing was attempted, so that it does not count as a failure.
        """
        attempts = entry.attempts + tried
        later = {"due_at": self.now() + seconds, "attempts": attempts, "reason": reason}
        with self.database.write() as connection:
            self.leases.keep(connection, held)
            return entry_of(change(connection, entry.id, later))

    def named(self, entry: Entry, ref: Ref, held: Lease) -> Entry:
        """`entry` with the message it turned out to be about. Raises LeaseLost."""
        with self.database.write() as connection:
            self.leases.keep(connection, held)
            return entry_of(change(connection, entry.id, {"message_id": ref.message_id}))

    def _select(
        self,
        *where: ColumnElement[bool],
        order: Sequence[ColumnElement[Any]] = (outbox.c.received_at, outbox.c.id),
        limit: int = 1000,
    ) -> list[Entry]:
        query = select(outbox).where(*where).order_by(*order)
        with self.database.read() as connection:
            return [entry_of(row) for row in connection.execute(query.limit(limit)).mappings()]


def _after(entry: Entry) -> ColumnElement[bool]:
    """What comes after an entry, oldest first."""
    at, id_ = outbox.c.received_at, outbox.c.id
    return or_(at > entry.received_at, and_(at == entry.received_at, id_ > entry.id))


def _supersede(connection: Connection, entry: Entry, now: float) -> None:
    """End the live draft of the thread: one at most, as a unique index says too."""
    live = outbox.c.state.in_(list(LIVE))
    here = in_thread(outbox, thread_of(entry.ref))
    others = select(outbox.c.id).where(here, live, outbox.c.id != entry.id)
    reason = "a newer message of the customer"
    for id_ in connection.execute(others).scalars().all():
        change(connection, id_, {"state": "superseded", "reason": reason, "updated_at": now})
        note(connection, id_, now, "superseded", reason)
