"""The shape of brand.yaml and facts.yaml, and the JSON schemas that editors read.

Only what one value can tell is checked here; what takes several is in `load`.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import DictSchema

from aplomo.brand.model import Promise, Unit

__all__ = ["BrandFile", "FactsFile", "brand_schema", "facts_schema"]


_ID = "[a-z][a-z0-9_]*"
_LANGUAGE = "[a-z]{2}"
_HOST = r"[a-z0-9-]+(\.[a-z0-9-]+)+"


def _shown(pattern: str) -> Any:
    """The `pattern`, for the JSON schema alone: its own message would be the pattern."""
    return Field(json_schema_extra={"pattern": f"^{pattern}$"})


def _written(pattern: str, wanted: str) -> AfterValidator:
    """Refuses other text than `pattern` in words that say what is `wanted`."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"'{text}' is not {wanted}")
        return text

    return AfterValidator(check)


def _iso_date(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a date (write YYYY-MM-DD)") from None
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, _written(_ID, "an id (write lower_case_letters)"), _shown(_ID)]
Language = Annotated[
    str, _written(_LANGUAGE, "a language code (write es, en ...)"), _shown(_LANGUAGE)
]
Host = Annotated[str, _written(_HOST, "a host (write example.com)"), _shown(_HOST)]
IsoDate = Annotated[str, AfterValidator(_iso_date), Field(json_schema_extra={"format": "date"})]
PerLanguage = dict[Language, Text]
Lists = dict[Language, tuple[Text, ...]]
Address = Literal["tu", "usted", "vos", "you"]


class _Shape(BaseModel):
    # The line under a key is what editors show for it.
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class LimitShape(_Shape):
    """At most `most` of `unit`."""

    most: Annotated[int, Field(gt=0, strict=True)]
    """The greatest length that the channel takes."""
    unit: Unit = "characters"
    """What is counted: code points, X's weighted characters, grapheme clusters, UTF-8 bytes."""


class ChannelShape(_Shape):
    """Your own rules for a channel."""

    limits: Annotated[list[LimitShape], Field(min_length=1)]
    """Every one of them holds."""
    public_only: bool = False
    """Whether the channel has no private messages."""


class ExemplarShape(_Shape):
    """A reply you are proud of."""

    outcome: Id
    """The id of the protocol's outcome that it is an example of."""
    lang: Language
    """The language of the comment and the reply."""
    comment: Text
    """What the person wrote."""
    reply: Text
    """What you answered in public, without signature."""
    facts: tuple[Id, ...] = ()
    """The ids of the facts that the reply states."""


class BrandFile(_Shape):
    """A brand's voice: how it speaks, what it never says, how it is reached in private."""

    id: Id
    """A short name for records."""
    name: Text
    """The name as people know it."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    """The languages you answer in (ISO 639-1), the default first."""
    tone: PerLanguage
    """The voice in a few words."""
    address: dict[Language, Address] = {}
    """How people are spoken to."""
    do: Lists = {}
    """What a good reply does."""
    dont: Lists = {}
    """What no reply does."""
    banned: Lists = {}
    """Words that never appear: whole words, whatever the case and accents."""
    contact: PerLanguage
    """The private way to reach you, as it reads after "write to us by"."""
    signature: PerLanguage = {}
    """Ends every public reply."""
    disclosure: PerLanguage = {}
    """Added to every public reply where who or what writes must be said."""
    promises: tuple[Promise, ...] = ()
    """What a reply may promise of its own accord."""
    links: tuple[Host, ...] = ()
    """The hosts that a reply may link to; their subdomains too."""
    exemplars: tuple[ExemplarShape, ...] = ()
    """Replies to learn the voice from, at most two for each outcome and language."""
    channels: dict[Id, ChannelShape] = {}
    """Your own limits, in place of the built-in ones."""


class FactShape(_Shape):
    """One statement you stand behind."""

    statement: PerLanguage
    """The fact, as it may be said in public."""
    questions: Lists = {}
    """Ways to ask for it in other words than its own, by which it is found too."""
    source: Text
    """Where it comes from."""
    valid_until: IsoDate | None = None
    """The last day on which it holds."""


class FactsFile(_Shape):
    """The only facts that a reply may state."""

    facts: dict[Id, FactShape]
    """The facts by id."""


def brand_schema() -> dict[str, Any]:
    """JSON schema of brand.yaml, as shipped in `examples/brand.schema.json`."""
    return _schema(BrandFile, "Aplomo brand")


def facts_schema() -> dict[str, Any]:
    """JSON schema of facts.yaml, as shipped in `examples/facts.schema.json`."""
    return _schema(FactsFile, "Aplomo facts")


def _schema(shape: type[BaseModel], title: str) -> dict[str, Any]:
    draft = "https://json-schema.org/draft/2020-12/schema"
    schema = shape.model_json_schema(schema_generator=_Generate)
    return {"$schema": draft, **schema, "title": title}


class _Generate(GenerateJsonSchema):
    def dict_schema(self, schema: DictSchema) -> JsonSchemaValue:
        # Keys that are no id or language code are wrong, not merely undescribed.
        return {**super().dict_schema(schema), "additionalProperties": False}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False
