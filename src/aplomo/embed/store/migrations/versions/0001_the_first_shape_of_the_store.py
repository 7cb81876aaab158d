"""The first shape of the store."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME: sa.types.TypeEngine[float] = sa.Double()

# A decision is never changed; erasing a person's words is the one exception.
APPEND_ONLY = {
    "sqlite": (
        """
        CREATE TRIGGER decision_append_only BEFORE UPDATE ON decision WHEN NEW.erased_at IS NULL
        BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END
        """,
    ),
    "postgresql": (
        """
        CREATE FUNCTION decision_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'decisions are append-only'; END $$
        """,
        """
        CREATE TRIGGER decision_append_only BEFORE UPDATE ON decision FOR EACH ROW
        WHEN (NEW.erased_at IS NULL) EXECUTE FUNCTION decision_append_only()
        """,
    ),
}


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "cursor",
        sa.Column("adapter", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("adapter", name=op.f("pk_cursor")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("comment_id", sa.String(length=300), nullable=False),
        sa.Column("author_id", sa.String(length=300), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("text_kept", sa.Boolean(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("erased_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_author_id"), "decision", ["author_id"], unique=False)
    op.create_index(op.f("ix_decision_comment_id"), "decision", ["comment_id"], unique=False)
    op.create_index(op.f("ix_decision_created_at"), "decision", ["created_at"], unique=False)
    op.create_table(
        "hook",
        sa.Column("adapter", sa.String(length=100), nullable=False),
        sa.Column("delivery_id", sa.String(length=300), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("adapter", "delivery_id", name=op.f("pk_hook")),
    )
    op.create_index(op.f("ix_hook_received_at"), "hook", ["received_at"], unique=False)
    op.create_table(
        "journal",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("outbox_id", sa.String(length=40), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_outbox_id"), "journal", ["outbox_id"], unique=False)
    op.create_table(
        "lease",
        sa.Column("adapter", sa.String(length=100), nullable=False),
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("thread_id", sa.String(length=300), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("adapter", "account", "thread_id", name=op.f("pk_lease")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("adapter", sa.String(length=100), nullable=False),
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("thread_id", sa.String(length=300), nullable=False),
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=True),
        sa.Column("decision_id", sa.String(length=60), nullable=True),
        sa.Column("delivered_id", sa.String(length=300), nullable=True),
        sa.Column("delivered_url", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_id", sa.String(length=300), nullable=True),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "due_at"], unique=False)
    op.create_index(
        "ix_outbox_thread",
        "outbox",
        ["adapter", "account", "thread_id", "updated_at"],
        unique=False,
    )
    op.create_index(
        "uq_outbox_live",
        "outbox",
        ["adapter", "account", "thread_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('drafted', 'delivered', 'approved', 'sending')"),
        postgresql_where=sa.text("state IN ('drafted', 'delivered', 'approved', 'sending')"),
    )
    op.create_index(
        "uq_outbox_message",
        "outbox",
        ["adapter", "account", "thread_id", "message_id"],
        unique=True,
        sqlite_where=sa.text("message_id <> ''"),
        postgresql_where=sa.text("message_id <> ''"),
    )
    op.create_table(
        "written",
        sa.Column("adapter", sa.String(length=100), nullable=False),
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("adapter", "account", "message_id", name=op.f("pk_written")),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("outbox_id", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.String(length=300), nullable=False),
        sa.Column("by_name", sa.String(length=300), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_approval_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index(op.f("ix_approval_outbox_id"), "approval", ["outbox_id"], unique=False)
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_approval_outbox_id"), table_name="approval")
    op.drop_table("approval")
    op.drop_table("written")
    op.drop_index(
        "uq_outbox_message",
        table_name="outbox",
        sqlite_where=sa.text("message_id <> ''"),
        postgresql_where=sa.text("message_id <> ''"),
    )
    op.drop_index(
        "uq_outbox_live",
        table_name="outbox",
        sqlite_where=sa.text("state IN ('drafted', 'delivered', 'approved', 'sending')"),
        postgresql_where=sa.text("state IN ('drafted', 'delivered', 'approved', 'sending')"),
    )
    op.drop_index("ix_outbox_thread", table_name="outbox")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("lease")
    op.drop_index(op.f("ix_journal_outbox_id"), table_name="journal")
    op.drop_table("journal")
    op.drop_index(op.f("ix_hook_received_at"), table_name="hook")
    op.drop_table("hook")
    op.drop_index(op.f("ix_decision_created_at"), table_name="decision")
    op.drop_index(op.f("ix_decision_comment_id"), table_name="decision")
    op.drop_index(op.f("ix_decision_author_id"), table_name="decision")
    op.drop_table("decision")
    op.drop_table("cursor")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION decision_append_only")
