"""The tables.

Times are seconds since 1970 (UTC). Words of people stand in `decision` and `approval` and nowhere
else, so that erasing has two places to go to.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

__all__ = [
    "approval",
    "cursor",
    "decision",
    "hook",
    "journal",
    "lease",
    "metadata",
    "outbox",
    "written",
]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

hook = Table(
    "hook",
    metadata,
    Column("adapter", String(100), primary_key=True),
    Column("delivery_id", String(300), primary_key=True),
    Column("received_at", Double, nullable=False, index=True),
)
"""Transport already seen; messages already seen are the outbox's own unique index."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("adapter", String(100), nullable=False),
    Column("account", String(300), nullable=False),
    Column("thread_id", String(300), nullable=False),
    Column("message_id", String(300), nullable=False),
    Column("state", String(20), nullable=False),
    Column("key", String(32), nullable=True),
    Column("decision_id", String(60), nullable=True),
    Column("delivered_id", String(300), nullable=True),
    Column("delivered_url", Text, nullable=False, server_default=""),
    Column("sent_id", String(300), nullable=True),
    Column("received_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("key"),
    Index("ix_outbox_due", "state", "due_at"),
    Index("ix_outbox_thread", "adapter", "account", "thread_id", "updated_at"),
)

_NAMED = text("message_id <> ''")
Index(
    "uq_outbox_message",
    outbox.c.adapter,
    outbox.c.account,
    outbox.c.thread_id,
    outbox.c.message_id,
    unique=True,
    sqlite_where=_NAMED,
    postgresql_where=_NAMED,
)

_LIVE = text("state IN ('drafted', 'delivered', 'approved', 'sending')")
Index(
    "uq_outbox_live",
    outbox.c.adapter,
    outbox.c.account,
    outbox.c.thread_id,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)

lease = Table(
    "lease",
    metadata,
    Column("adapter", String(100), primary_key=True),
    Column("account", String(300), primary_key=True),
    Column("thread_id", String(300), primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("until", Double, nullable=False),
)
"""Who works on a thread: one worker at a time, until its time is over."""

decision = Table(
    "decision",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("created_at", Double, nullable=False, index=True),
    Column("comment_id", String(300), nullable=False, index=True),
    Column("author_id", String(300), nullable=False, index=True),
    Column("text_sha256", String(64), nullable=False),
    Column("text_kept", Boolean, nullable=False),
    Column("record", Text, nullable=False),
    Column("erased_at", Double, nullable=True),
)

approval = Table(
    "approval",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("outbox_id", String(40), ForeignKey("outbox.id"), nullable=False, index=True),
    Column("by_id", String(300), nullable=False),
    Column("by_name", String(300), nullable=False),
    Column("at", Double, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_sha256", String(64), nullable=False),
    Column("how", Text, nullable=False),
)

written = Table(
    "written",
    metadata,
    Column("adapter", String(100), primary_key=True),
    Column("account", String(300), primary_key=True),
    Column("message_id", String(300), primary_key=True),
    Column("at", Double, nullable=False),
)
"""What we wrote into tools, by their ids: never answered."""

journal = Table(
    "journal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("outbox_id", String(40), nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("adapter", String(100), primary_key=True),
    Column("value", Text, nullable=False),
)
