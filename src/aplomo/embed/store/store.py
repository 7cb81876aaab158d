"""The decision store in one hand: opened, brought to date, and its parts."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aplomo.errors import ConfigError
from aplomo.workspace import Workspace

if TYPE_CHECKING:
    from aplomo.embed.store.database import Database
    from aplomo.embed.store.intake import Intake
    from aplomo.embed.store.leases import Leases
    from aplomo.embed.store.ledger import Ledger
    from aplomo.embed.store.records import Records

__all__ = ["Store", "open_store", "store_url"]

DEFAULT = "aplomo.db"


@dataclass(frozen=True, kw_only=True)
class Store:
    """`intake` what comes in, `ledger` where it stands, `records` what was decided."""

    database: "Database"
    intake: "Intake"
    leases: "Leases"
    ledger: "Ledger"
    records: "Records"
    now: Callable[[], float] = time.time

    def close(self) -> None:
        """Close every connection."""
        self.database.close()


def open_store(
    url: str | Path,
    *,
    keep_text: bool = True,
    lease_seconds: float = 120.0,
    now: Callable[[], float] = time.time,
) -> Store:
    """Open the store at an SQLAlchemy URL, or at a path for SQLite; migrations run by themselves.

    `keep_text` off stores no text of any comment. Raises ConfigError for a wrong address,
    StoreError when the database cannot be used.
    """
    from aplomo.embed.store.database import Database
    from aplomo.embed.store.intake import Intake
    from aplomo.embed.store.leases import Leases
    from aplomo.embed.store.ledger import Ledger
    from aplomo.embed.store.migrate import migrate
    from aplomo.embed.store.records import Records

    database = Database(url)
    migrate(database)
    leases = Leases(database=database, seconds=lease_seconds, now=now)
    return Store(
        database=database,
        intake=Intake(database=database, now=now),
        leases=leases,
        ledger=Ledger(database=database, leases=leases, now=now),
        records=Records(database=database, keep_text=keep_text, now=now),
        now=now,
    )


def store_url(workspace: Workspace, environ: Mapping[str, str] | None = None) -> str:
    """Where the store is: APLOMO_STORE, else `[inbox] url`, else `aplomo.db` in the workspace.

    Raises ConfigError when the address in the file holds a password.
    """
    given = (environ or os.environ).get("APLOMO_STORE")
    table: Any = workspace.settings.get("inbox", {})
    where = workspace.file
    url: Any = given or (cast("Any", table).get("url", DEFAULT) if isinstance(table, dict) else "")
    if not isinstance(url, str) or not url:
        hint = '[inbox] url = "sqlite:///FILE or postgresql://USER@HOST/NAME"'
        raise ConfigError("'inbox.url' must be a text", where=where, hint=hint)
    login = url.partition("://")[2].partition("@")
    if given is None and login[1] and ":" in login[0]:
        hint = "put the whole address into the variable APLOMO_STORE"
        raise ConfigError("the store's url holds a password", where=where, hint=hint)
    return url if workspace.root is None else _in_workspace(url, workspace.root)


def _in_workspace(url: str, root: Path) -> str:
    """The same address; a file's path, bare or as `sqlite:///FILE`, counts from the workspace."""
    if "://" not in url:
        return str(root / url)
    scheme, _, path = url.partition(":///")
    if scheme.partition("+")[0] != "sqlite" or not path or path.startswith((":", "file:")):
        return url
    return f"{scheme}:///{root / path}"
