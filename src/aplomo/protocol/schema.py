"""The JSON schema of protocol files, for editors: completion, help and errors while writing."""

from typing import Any

__all__ = ["json_schema"]


def json_schema() -> dict[str, Any]:
    """The schema, as shipped in `protocols/protocol.schema.json`."""
    from aplomo.protocol.shape import ProtocolShape

    schema = ProtocolShape.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Aplomo protocol",
    }
