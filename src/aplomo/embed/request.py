"""What is asked of a Drafter, as JSON: the request `aplomo.request/1`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, cast

from aplomo.comment import Comment
from aplomo.errors import InputError, UsageError
from aplomo.inbound import comment_from, comment_shape, wrong_keys
from aplomo.protocol.model import Verdict

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["SCHEMA", "Asking", "asking_from", "generated_schema", "request_schema", "request_shape"]

SCHEMA = "aplomo.request/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A comment to answer, and what a person has already answered about it, by question id."""

    comment: Comment
    answers: Mapping[str, Verdict] = field(default_factory=dict[str, Verdict])


def asking_from(data: object) -> Asking:
    """An Asking from its JSON shape, or from that of a bare comment (which has `text`).

    Raises InputError that names every wrong key.
    """
    from pydantic import ValidationError

    if isinstance(data, Mapping) and "text" in data:
        return Asking(comment=comment_from(cast("Mapping[str, Any]", data)))
    if not isinstance(data, Mapping) or "comment" not in data:
        hint = 'write {"comment": {"text": "…"}}'
        raise InputError("names no comment", where="request", hint=hint)
    given = cast("Mapping[str, Any]", data)
    comment = comment_from(given["comment"])
    try:
        shape: Any = request_shape().model_validate(dict(given))
    except ValidationError as error:
        raise InputError(wrong_keys(error), where="request") from None
    return Asking(comment=comment, answers=shape.answers)


def request_schema(version: int = 1) -> dict[str, Any]:
    """The JSON schema of `aplomo.request/VERSION`. Raises UsageError for an unknown version."""
    place = files("aplomo.embed") / f"request-{version}.schema.json"
    if not place.is_file():
        raise UsageError(f"there is no aplomo.request/{version}")
    return json.loads(place.read_text(encoding="utf-8"))


def generated_schema() -> dict[str, Any]:
    """The current schema as the code has it: what `request-1.schema.json` must say."""
    from pydantic.json_schema import GenerateJsonSchema

    class Generate(GenerateJsonSchema):
        def field_title_should_be_set(self, schema: Any) -> bool:
            return False

    draft = "https://json-schema.org/draft/2020-12/schema"
    return {
        "$schema": draft,
        "$id": SCHEMA,
        **request_shape().model_json_schema(schema_generator=Generate),
    }


@lru_cache(maxsize=1)
def request_shape() -> "type[BaseModel]":
    """The JSON shape of a request, as a pydantic model."""
    from pydantic import BaseModel, ConfigDict, Field, create_model

    class Shape(BaseModel):
        model_config = ConfigDict(extra="forbid")

    return create_model(
        "Request",
        __base__=Shape,
        __doc__="A comment to answer. Fields may be added; changing one makes a new number.",
        schema_=(Literal["aplomo.request/1"], Field(default=SCHEMA, alias="schema")),
        comment=(comment_shape(), ...),
        answers=(
            dict[str, Literal["yes", "no", "unsure"]],
            Field(default_factory=dict[str, Any], description="A person's answers, by question."),
        ),
    )
