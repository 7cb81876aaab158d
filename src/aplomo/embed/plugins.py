"""Finding an adapter by name: entry points of the group `aplomo.adapters`, and their settings.

A `[adapters.NAME]` table of aplomo.toml opens the adapter of that name, or of its key `type` when
one tool is used twice. Secrets never stand in the file: it names environment variables.

    [adapters.support]
    type = "request_tracker"
    url = "https://rt.example"
    token_env = "RT_DRAFTER_TOKEN"

    [adapters.support.sender]          # absent by default: then nothing can be sent
    token_env = "RT_SENDER_TOKEN"
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any, cast
from urllib.parse import urlsplit

from aplomo.embed.adapter import Adapter
from aplomo.errors import ConfigError
from aplomo.loopback import LOOPBACK
from aplomo.workspace import FILE, Workspace

__all__ = [
    "GROUP",
    "AdapterSettings",
    "Factory",
    "adapter_names",
    "load_adapter",
    "loaded_adapters",
]

GROUP = "aplomo.adapters"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterSettings:
    """One `[adapters.NAME]` table, read key by key. Every method raises ConfigError."""

    name: str
    table: Mapping[str, Any]
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    where: str = FILE

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys other than `known` (`type` and `sender` are always known)."""
        names = sorted({*known, "type", "sender"})
        for key in self.table:
            if key not in names:
                near = get_close_matches(key, names, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(names)}"
                raise self._wrong(f"unknown key '{key}'", hint)

    def text(self, key: str, default: str | None = None) -> str:
        """A text; required unless there is a default."""
        value = self.table.get(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise self._wrong(f"needs '{key}', a text", f'{key} = "…"')
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number, not negative; required unless there is a default."""
        value = self.table.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            shown = 1 if default is None else default
            raise self._wrong(f"'{key}' must be a whole number", f"{key} = {shown}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(f"'{key}' must be true or false", f"{key} = {str(default).lower()}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when absent."""
        value: Any = self.table.get(key, [])
        if not isinstance(value, list) or not all(
            isinstance(v, str) for v in cast("list[Any]", value)
        ):
            raise self._wrong(f"'{key}' must be a list of texts", f'{key} = ["…"]')
        return tuple(cast("list[str]", value))

    def url(self, key: str = "url") -> str:
        """An address without a trailing slash: https, or http on this machine alone."""
        value = self.text(key).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme == "https" and parts.hostname and not parts.username:
            return value
        if parts.scheme == "http" and parts.hostname in LOOPBACK and not parts.username:
            return value
        hint = "write https://…; http is for loopback, and credentials have keys of their own"
        raise self._wrong(f"'{key}' is not a usable address", hint)

    def secret(self, key: str, *, required: bool = True) -> str:
        """The secret in the environment variable that `KEY_env` names; "" when not required."""
        name = self.table.get(f"{key}_env")
        if key in self.table:
            raise self._wrong(f"'{key}' holds a secret in the file", f'{key}_env = "VARIABLE"')
        if name is None and not required:
            return ""
        if not isinstance(name, str):
            raise self._wrong(
                f"needs '{key}_env', the name of a variable", f'{key}_env = "VARIABLE"'
            )
        value = self.environ.get(name, "")
        if not value:
            raise self._wrong(f"the variable {name} ('{key}_env') is not set", f"export {name}=…")
        return value

    @property
    def sender(self) -> "AdapterSettings | None":
        """The separate sending credential; None, as by default, when nothing may be sent."""
        table = self.table.get("sender")
        if table is None:
            return None
        if not isinstance(table, dict):
            raise self._wrong("'sender' must be a table", f"[adapters.{self.name}.sender]")
        return AdapterSettings(
            name=f"{self.name}.sender",
            table=cast("dict[str, Any]", table),
            environ=self.environ,
            where=self.where,
        )

    def _wrong(self, message: str, hint: str) -> ConfigError:
        return ConfigError(message, where=f"{self.where} [adapters.{self.name}]", hint=hint)


Factory = Callable[[AdapterSettings], Adapter]
"""What an entry point of the group names: makes the adapter, or raises ConfigError."""


def adapter_names() -> tuple[str, ...]:
    """The adapters installed here, by name; none is imported."""
    return tuple(sorted(entry_points(group=GROUP).names))


def load_adapter(
    name: str, workspace: Workspace | None = None, environ: Mapping[str, str] | None = None
) -> Adapter:
    """The adapter of the table `[adapters.NAME]`.

    Raises ConfigError when there is no such table or adapter, or its settings are wrong.
    """
    place = workspace or Workspace.find()
    where = place.file
    tables = place.adapter_tables
    if name not in tables:
        known = ", ".join(tables) or "none"
        hint = f"add a table [adapters.{name}] (there are: {known})"
        raise ConfigError(f"no adapter '{name}' is configured", where=where, hint=hint)
    settings = AdapterSettings(
        name=name, table=tables[name], environ=environ or os.environ, where=where
    )
    return _factory(settings.text("type", name), where)(settings)


def loaded_adapters(workspace: Workspace) -> Callable[[str], Adapter]:
    """`load_adapter` for a workspace, each adapter loaded once, when it is first named."""
    loaded: dict[str, Adapter] = {}
    lock = threading.Lock()

    def adapter(name: str) -> Adapter:
        with lock:
            if name not in loaded:
                loaded[name] = load_adapter(name, workspace)
            return loaded[name]

    return adapter


def _factory(kind: str, where: str) -> Factory:
    found = list(entry_points(group=GROUP, name=kind))
    if not found:
        names = ", ".join(adapter_names()) or "none"
        raise ConfigError(f"no adapter of type '{kind}'", where=where, hint=f"installed: {names}")
    try:
        return found[0].load()
    except ImportError as error:
        hint = f"pip install 'aplomo[{kind}]'"
        raise ConfigError(f"adapter '{kind}' cannot be loaded: {error}", hint=hint) from None
