"""The table `[inbox]` of aplomo.toml, read strictly: no misspelling may keep what should go."""

from dataclasses import dataclass, field
from typing import Any, cast

from aplomo.decision.explain import LANGUAGES
from aplomo.embed.brakes import Limits
from aplomo.errors import ConfigError
from aplomo.workspace import Workspace

__all__ = ["InboxSettings"]

_KEYS = {"url", "keep_text", "lang", "lease_seconds", *Limits.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSettings:
    """How the outbox of a workspace works; where its store is, `store_url` says.

    `keep_text` off stores no text of any comment; `lang` is the agents' language, None for the
    comment's; the thread of a worker that was killed is free after `lease_seconds`.
    """

    keep_text: bool = True
    lang: str | None = None
    lease_seconds: float = 120
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, workspace: Workspace) -> "InboxSettings":
        """The settings of a workspace. Raises ConfigError when one is unknown or wrong."""
        where = workspace.file
        given: Any = workspace.settings.get("inbox", {})
        if not isinstance(given, dict):
            raise ConfigError("'inbox' is not a table", where=where, hint="[inbox]")
        table = cast("dict[str, Any]", given)
        if unknown := sorted(set(table) - _KEYS):
            hint = f"known keys: {', '.join(sorted(_KEYS))}"
            raise ConfigError(f"unknown key 'inbox.{unknown[0]}'", where=where, hint=hint)
        keep_text, lang = table.get("keep_text", True), table.get("lang")
        if not isinstance(keep_text, bool):
            hint = "keep_text = false"
            raise ConfigError("'inbox.keep_text' must be true or false", where=where, hint=hint)
        if lang is not None and lang not in LANGUAGES:
            hint = f"one of {', '.join(LANGUAGES)}; without it notes are in the comment's language"
            raise ConfigError("'inbox.lang' has no words for agents", where=where, hint=hint)
        seconds = table.get("lease_seconds", 120)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
            raise ConfigError("'inbox.lease_seconds' must be a number above 0", where=where)
        limits = Limits.read(table, where)
        return cls(keep_text=keep_text, lang=lang, lease_seconds=float(seconds), limits=limits)
