"""The JSON schema of each version of the decision record, shipped with the package."""

import json
from importlib.resources import files
from typing import Any

from aplomo.errors import UsageError

__all__ = ["decision_schema"]


def decision_schema(version: int = 1) -> dict[str, Any]:
    """The JSON schema of `aplomo.decision/VERSION`. Raises UsageError for an unknown version."""
    place = files("aplomo.decision") / f"decision-{version}.schema.json"
    if not place.is_file():
        raise UsageError(f"there is no aplomo.decision/{version}")
    return json.loads(place.read_text(encoding="utf-8"))
