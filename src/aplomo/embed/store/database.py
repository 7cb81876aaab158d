"""Opening the database: SQLite in WAL mode by default, PostgreSQL by URL."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from aplomo.errors import ConfigError, StoreError

try:
    from sqlalchemy import Connection, Engine, create_engine, event
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, DBAPIError
except ImportError as missing:
    raise StoreError(
        f"the decision store needs a package: {missing.name}", hint="pip install 'aplomo[store]'"
    ) from None

__all__ = ["Database"]

BUSY_SECONDS = 30
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class Database:
    """An engine with two ways in: `read` and `write`, each one transaction.

    `url` is an SQLAlchemy URL, or a path for SQLite. Raises ConfigError when it is neither,
    StoreError when the database cannot be reached.
    """

    def __init__(self, url: str | Path) -> None:
        self.engine = _engine(url)
        dialect = self.engine.dialect.name
        # SQLite has one writer: threads that queue here do not sleep and poll for its lock.
        self._turn = threading.Lock() if dialect == "sqlite" else nullcontext()
        self.insert = sqlite.insert if dialect == "sqlite" else postgresql.insert

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A transaction that changes nothing."""
        with _told(self.engine), self.engine.connect() as connection:
            connection = connection.execution_options(aplomo_reads=True)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Generator[Connection]:
        """A transaction that is all stored or not at all."""
        with self._turn, _told(self.engine), self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _engine(url: str | Path) -> Engine:
    try:
        address = make_url(str(url) if "://" in str(url) else f"sqlite:///{url}")
    except (ArgumentError, ValueError):
        hint = "sqlite:///FILE or postgresql://USER@HOST/NAME"
        raise ConfigError("the store's url is not a database address", hint=hint) from None
    name = address.drivername
    if name.partition("+")[0] not in {"sqlite", *_DRIVERS}:
        hint = "SQLite and PostgreSQL are"
        raise ConfigError(f"the store's database '{name}' is not supported", hint=hint)
    address = address.set(drivername=_DRIVERS.get(name, name))
    try:
        if address.get_backend_name() == "sqlite":
            return _sqlite(address)
        return create_engine(address, pool_pre_ping=True, hide_parameters=True)
    except ImportError as missing:
        raise StoreError(
            f"the store needs a package: {missing.name}", hint="pip install 'aplomo[postgresql]'"
        ) from None


def _sqlite(address: Any) -> Engine:
    if not address.database or address.database == ":memory:":
        raise ConfigError("the store must be a file", hint="sqlite:///aplomo.db")
    Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        # The driver must not begin transactions of its own: it would upgrade a read to a write
        # half-way, which SQLite refuses instead of waiting. With WAL, `NORMAL` loses nothing when
        # a process is killed; a power cut may take the last hooks, which polling finds again.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        reads = connection.get_execution_options().get("aplomo_reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def _told(engine: Engine) -> Generator[None]:
    """Errors of the database in one line, without the statement's values: people's words.

    The engine's `hide_parameters` keeps them out of the cause, which logs show too.
    """
    try:
        yield
    except DBAPIError as error:
        where = engine.url.render_as_string(hide_password=True)
        first = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "failed"
        hint = (
            "aplomo inbox migrate"
            if "no such table" in first or "does not exist" in first
            else None
        )
        raise StoreError(first, where=where, hint=hint) from error
