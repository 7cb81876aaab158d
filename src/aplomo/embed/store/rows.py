"""What the parts of the store share: rows to values, one thread's rows, the journal."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, update
from sqlalchemy.engine import RowMapping

from aplomo.embed.adapter import Ref
from aplomo.embed.store.database import Database
from aplomo.embed.store.entry import Entry
from aplomo.embed.store.tables import journal, outbox
from aplomo.plain_text import encodable

__all__ = [
    "Thread",
    "change",
    "entry_of",
    "in_thread",
    "insert_new",
    "note",
    "storable",
    "thread_of",
]

LONGEST_ID = 300
"""What the columns of ids hold: PostgreSQL refuses more, SQLite would not."""

Thread = tuple[str, str, str]
"""Adapter, account and thread id."""


def thread_of(ref: Ref) -> Thread:
    """The thread of a message."""
    return (ref.adapter, ref.account, ref.thread_id)


def storable(id_: str) -> str:
    """An id as it is stored: one that is too long by its hash, the same each time."""
    return id_ if len(id_) <= LONGEST_ID else hashlib.sha256(id_.encode()).hexdigest()


def in_thread(table: Table, thread: Thread) -> ColumnElement[bool]:
    """The rows of `table` in that thread."""
    adapter, account, thread_id = thread
    columns = table.c
    return and_(
        columns.adapter == adapter, columns.account == account, columns.thread_id == thread_id
    )


def entry_of(row: RowMapping) -> Entry:
    """A row of the outbox as a value."""
    values = dict(row)
    ref = Ref(**{name: values.pop(name) for name in Ref.__slots__})
    return Entry(ref=ref, **values)


def insert_new(
    database: Database, connection: Connection, table: Table, values: Mapping[str, Any]
) -> bool:
    """Insert a row unless it is there already; whether it was new."""
    # A count of inserted rows is not given by every driver; the rows themselves are.
    statement = database.insert(table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key)).first() is not None


def change(connection: Connection, id_: str, values: Mapping[str, Any]) -> RowMapping:
    """Change one row of the outbox, and give it as it is now.

    A reason may quote what a tool said, and a character that no database keeps in it.
    """
    if "reason" in values:
        values = {**values, "reason": encodable(values["reason"])}
    statement = update(outbox).where(outbox.c.id == id_).values(**values).returning(outbox)
    return connection.execute(statement).mappings().one()


def note(connection: Connection, id_: str, at: float, state: str, reason: str) -> None:
    """Note a step in the journal."""
    values = {"outbox_id": id_, "at": at, "state": state, "reason": encodable(reason)}
    connection.execute(journal.insert().values(**values))
