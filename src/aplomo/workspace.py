"""A workspace: a folder with `aplomo.toml`, and the files it names, loaded and ready to use.

Without one, the shipped protocol and the fictional example brand are used, and the notice says so.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aplomo.assets import asset, folder
from aplomo.brand.model import Brand, Fact
from aplomo.errors import ConfigError
from aplomo.prompt import Prompt, load_prompt
from aplomo.protocol.model import Protocol

if TYPE_CHECKING:
    from aplomo.llm.settings import ModelSettings

__all__ = ["EXAMPLE_NOTICE", "FILE", "PROMPTS", "Workspace"]

FILE = "aplomo.toml"
PROMPTS = ("answer", "facts", "state", "draft", "task", "repair")
DEFAULT_PROTOCOL = "brand-care"
EXAMPLE_NOTICE = "no workspace here: using the fictional example brand (`aplomo init` makes one)"
_KEYS = ("protocol", "brand", "facts", "model", "evals", "adapters", "inbox")


@dataclass(frozen=True)
class Workspace:
    """Where things are. `root` is None without an `aplomo.toml`; `settings` is its content."""

    root: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def find(cls, start: Path | None = None) -> "Workspace":
        """The workspace of `start` (default: the current folder) or of its nearest parent.

        Raises ConfigError when its `aplomo.toml` is not TOML or has an unknown key.
        """
        here = (start or Path.cwd()).resolve()
        for place in (here, *here.parents):
            if (place / FILE).is_file():
                return cls(place, _settings(place / FILE))
        return cls()

    @property
    def notice(self) -> str | None:
        """What a reader must know about where the words come from."""
        return None if self.root else EXAMPLE_NOTICE

    @property
    def file(self) -> str:
        """Where the settings are, for messages."""
        return str(self.root / FILE) if self.root else FILE

    def protocol(self, named: str | None = None) -> Protocol:
        """The protocol `named` (an id or a path), else the workspace's, else the shipped default.

        Raises ConfigError when there is none of that name, DocumentError when it is refused.
        """
        from aplomo.protocol.load import find_protocol, load

        if named is None and self.root and "protocol" in self.settings:
            return load(self._path("protocol"))
        folders = [folder("protocols")]
        if self.root:
            folders.insert(0, self.root / "protocols")
        return load(find_protocol(named or DEFAULT_PROTOCOL, folders))

    def brand(self, path: Path | None = None) -> Brand:
        """The brand file at `path`, else the workspace's, else the example. Raises ConfigError."""
        from aplomo.brand.load import load_brand

        return load_brand(path or self._path("brand"))

    def facts(self, brand: Brand, path: Path | None = None) -> Mapping[str, Fact]:
        """The facts file at `path`, else the workspace's, else the example. Raises ConfigError."""
        from aplomo.brand.load import load_facts

        facts = load_facts(path or self._path("facts"), languages=brand.languages)
        cited = {id_ for exemplar in brand.exemplars for id_ in exemplar.facts}
        if unknown := sorted(cited - set(facts)):
            raise ConfigError(
                f"exemplars of brand '{brand.id}' cite facts that are not there: "
                + ", ".join(unknown),
                where=str(path or self._path("facts")),
                hint="add the facts, or take them out of the exemplars",
            )
        return facts

    def model_settings(self, **flags: str | None) -> "ModelSettings":
        """The model to use: `flags` over the environment over `aplomo.toml` over the default."""
        from aplomo.llm.settings import ModelSettings

        table = self.settings.get("model")
        return ModelSettings.merged(flags=flags, environ=os.environ, table=table, where=self.file)

    @cached_property
    def prompts(self) -> Mapping[str, Prompt]:
        """Every prompt, the workspace's own `prompts/` first."""
        return {name: load_prompt(name, self.folders("prompts")) for name in PROMPTS}

    def folders(self, kind: str) -> list[Path]:
        """The workspace's own folder of that kind, when there is a workspace."""
        return [self.root / kind] if self.root else []

    @property
    def adapter_tables(self) -> Mapping[str, Mapping[str, Any]]:
        """The tables under `[adapters]`, by name. Raises ConfigError when one is not a table."""
        where = self.file
        tables: Any = self.settings.get("adapters", {})
        hint = "write a table: [adapters.NAME]"
        if not isinstance(tables, dict):
            raise ConfigError("'adapters' is not a table", where=where, hint=hint)
        for name, table in cast("dict[str, Any]", tables).items():
            if not isinstance(table, dict):
                raise ConfigError(f"'adapters.{name}' is not a table", where=where, hint=hint)
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name):  # it is part of hook addresses
                hint = "letters, digits, - and _"
                raise ConfigError(f"{name!r} is no name of an adapter", where=where, hint=hint)
        return cast("dict[str, dict[str, Any]]", tables)

    def _path(self, key: str) -> Path:
        if self.root is None:
            return asset("examples", f"{key}.yaml")
        return self.root / str(self.settings.get(key) or f"{key}.yaml")


def _settings(path: Path) -> Mapping[str, Any]:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(path)) from None
    for key in settings:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(_KEYS)}"
            raise ConfigError(f"unknown key '{key}'", where=str(path), hint=hint)
    return settings
