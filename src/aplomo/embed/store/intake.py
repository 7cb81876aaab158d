"""What comes in: hook calls and polling, stored durably before anything is made of them."""

import logging
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from aplomo.embed.adapter import Cursor, DeliveryId, Ref
from aplomo.embed.store.database import Database
from aplomo.embed.store.rows import LONGEST_ID, insert_new, note, storable
from aplomo.embed.store.tables import cursor, hook, outbox
from aplomo.errors import InputError
from aplomo.plain_text import encodable

__all__ = ["Intake"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Every method is one transaction; what it returned is stored, whatever happens next."""

    database: Database
    now: Callable[[], float] = time.time

    def receive(self, adapter: str, delivery: DeliveryId | None, refs: Iterable[Ref]) -> list[str]:
        """Store one hook call; the event ids of messages not seen before.

        A delivery id seen before changes nothing. None, where the tool gives no such id, skips
        that check: messages seen before are recognised either way. Raises InputError for ids that
        no message has.
        """
        now, refs = self.now(), list(refs)
        for ref in refs:
            if (wrong := _unstorable(ref)) is not None:
                raise wrong
        with self.database.write() as connection:
            if delivery is not None:
                seen = {"adapter": adapter, "delivery_id": storable(delivery), "received_at": now}
                if not insert_new(self.database, connection, hook, seen):
                    return []
            return self._events(connection, refs, now)

    def polled(self, adapter: str, refs: Iterable[Ref], value: Cursor) -> list[str]:
        """Store what polling found together with the cursor after it; the new event ids.

        A message whose id cannot be stored is logged and left out: one of them, as anybody may
        send, would end the polling of all.
        """
        now, kept = self.now(), list[Ref]()
        for ref in refs:
            if (wrong := _unstorable(ref)) is None:
                kept.append(ref)
            else:
                _log.warning("a message is left to people: %s", wrong)
        with self.database.write() as connection:
            new = self._events(connection, kept, now)
            insert = self.database.insert(cursor).values(adapter=adapter, value=value)
            connection.execute(
                insert.on_conflict_do_update(index_elements=["adapter"], set_={"value": value})
            )
            return new

    def cursor(self, adapter: str) -> Cursor | None:
        """Where polling of that adapter stands."""
        with self.database.read() as connection:
            query = select(cursor.c.value).where(cursor.c.adapter == adapter)
            return connection.execute(query).scalar_one_or_none()

    def _events(self, connection: Connection, refs: Iterable[Ref], now: float) -> list[str]:
        new: list[str] = []
        for ref in refs:
            id_ = f"e-{uuid.uuid4().hex}"
            place = {name: getattr(ref, name) for name in Ref.__slots__}
            times = {"received_at": now, "updated_at": now, "due_at": now}
            row = {"id": id_, **place, "state": "received", **times}
            if insert_new(self.database, connection, outbox, row):
                note(connection, id_, now, "received", "")
                new.append(id_)
        return new


def _unstorable(ref: Ref) -> InputError | None:
    """What is wrong with the ids of a message; None when every database takes them."""
    for id_ in (ref.thread_id, ref.message_id):
        if len(id_) > LONGEST_ID or encodable(id_) != id_:
            return InputError(f"{id_[:40]!r} is no id of a message", where=ref.adapter)
    return None
