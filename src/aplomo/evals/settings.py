"""The table `[evals]` of `aplomo.toml`."""

from collections.abc import Mapping
from typing import Any, cast

from aplomo.document import did_you_mean
from aplomo.errors import ConfigError

__all__ = ["evals_table"]

_KEYS = ("gate", "price")


def evals_table(settings: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """The table, empty when there is none. Raises ConfigError when it is none, or has other keys.

    A key that nobody reads would be a demand that nobody makes.
    """
    table: Any = settings.get("evals", {})
    if not isinstance(table, dict):
        raise ConfigError("'evals' is not a table", where=where, hint="see docs/evals.md")
    known = cast("dict[str, Any]", table)
    for key in known:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f"known keys: {', '.join(_KEYS)}"
            raise ConfigError(f"unknown key 'evals.{key}'", where=where, hint=hint)
    return known
