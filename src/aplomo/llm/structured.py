"""How an OpenAI-like server is told the form of an answer."""

from collections.abc import Mapping
from typing import Any

__all__ = ["response_format"]


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The `response_format` of a JSON `schema`; strict where the schema may be.

    OpenAI's strict mode refuses a schema with an object whose properties are not all required.
    """
    form = {"name": "answer", "strict": _all_required(schema), "schema": dict(schema)}
    return {"type": "json_schema", "json_schema": form}


def _all_required(schema: Mapping[str, Any]) -> bool:
    properties: Mapping[str, Any] = schema.get("properties", {})
    return set(schema.get("required", [])) == set(properties) and all(
        _all_required(each) for each in properties.values() if each.get("type") == "object"
    )
