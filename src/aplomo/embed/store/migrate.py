"""Bringing a database to the shape this version needs; run by itself when a store is opened."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from aplomo.embed.store.database import Database
from aplomo.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["head", "migrate"]

_LOCK = 0x41504C4F
"""Any number that is always the same: of two processes that migrate, one waits."""


def migrate(database: Database) -> str:
    """Run every migration that is missing, in one transaction; the revision it is now at.

    Raises StoreError when the database was made by a newer version.
    """
    from alembic import command
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = _config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with database.read() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    newest = head()
    if current == newest:
        return newest
    if current is not None and current not in known:
        hint = "use the version of Aplomo that made it, or a newer one"
        raise StoreError(f"the store is of revision {current}, unknown here", hint=hint)
    with database.write() as connection:
        _alone(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return newest


def head() -> str:
    """The newest revision."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _alone(connection: Connection) -> None:
    """SQLite's write lock is held already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
