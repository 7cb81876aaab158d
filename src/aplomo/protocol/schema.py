"""The JSON schema of protocol files, for editors: completion, help and errors while writing."""

from typing import Any

__all__ = ["json_schema"]


def json_schema() -> dict[str, Any]:
    """The schema, as shipped in `protocols/protocol.schema.json`."""
    from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
    from pydantic_core.core_schema import DictSchema

    from aplomo.protocol.shape import ProtocolShape

    class Generate(GenerateJsonSchema):
        def dict_schema(self, schema: DictSchema) -> JsonSchemaValue:
            # Keys that are no id or language code are wrong, not merely undescribed.
            return {**super().dict_schema(schema), "additionalProperties": False}

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False

    schema = ProtocolShape.model_json_schema(schema_generator=Generate)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Aplomo protocol",
    }
