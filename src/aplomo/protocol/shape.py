"""What a protocol file may hold, key by key: the shape of the YAML, before any cross-check.

The descriptions reach authors through the JSON schema, in their editor.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from aplomo.protocol.model import HUMAN_REVIEW, Action, Answerer, FactUse, Level

__all__ = ["ElementShape", "ExamplesShape", "OutcomeShape", "ProtocolShape", "QuestionShape"]

_duration = TypeAdapter(timedelta)


def _positive_duration(text: str) -> str:
    message = f"'{text}' is not an ISO 8601 duration such as PT4H or P1D"
    if not text.startswith("P"):
        raise ValueError(message)
    try:
        length = _duration.validate_python(text)
    except ValidationError:
        raise ValueError(message) from None
    if not length:
        raise ValueError("a deadline of no time cannot be met")
    return text


Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Texts = dict[Language, Text]
Duration = Annotated[
    str, AfterValidator(_positive_duration), Field(json_schema_extra={"format": "duration"})
]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)


class ElementShape(_Shape):
    """In one language: something that a reply must, or must never, contain."""

    means: Text = Field(description="What it is, told to the writer: 'an apology'.")
    phrases: list[Text] = Field(
        min_length=1,
        description="How it is found: whole words, case and accents ignored; a trailing * stands "
        "for any ending ('apolog*').",
    )


class ExamplesShape(_Shape):
    """Comments that show a yes and a no; [[...]] marks the words that decide."""

    yes: dict[Language, list[Text]] = Field(
        default={}, description="Comments answered yes, per language."
    )
    no: dict[Language, list[Text]] = Field(
        default={}, description="Comments answered no, per language."
    )


class QuestionShape(_Shape):
    """A closed question, and where each answer leads."""

    text: Texts = Field(
        default={}, description="The question, per language; a model or a person reads it."
    )
    label: Id | None = Field(
        default=None,
        description="What the model is told the question is called. Default: the id. Small models "
        "go by the name: choose one that says in plain words what yes means.",
    )
    ask: list[Answerer] = Field(
        default=[],
        min_length=1,
        description="Who may answer, in order: rule, probe (the model's hidden state, read by a "
        "fitted probe), model, human. Default: [rule] with a rule, else [model].",
    )
    rule: str = Field(
        default="",
        min_length=1,
        description="A CEL expression over the comment that is true for yes: text, said, channel, "
        "lang, author.id, author.name, author.kind, author.followers, author.verified, "
        "author.customer, thread (text, author, kind), history, meta.",
    )
    examples: ExamplesShape = Field(
        default=ExamplesShape(), description="Comments answered yes and no."
    )
    yes: Text = Field(description="The question or outcome that yes leads to.")
    no: Text = Field(description="The question or outcome that no leads to.")
    unsure: Text = Field(
        default=HUMAN_REVIEW, description="The question or outcome that unsure leads to."
    )
    round: int = Field(
        default=1, ge=1, description="The batch in which the model is asked; each costs one call."
    )
    facts: Literal["none", "required"] = Field(
        default="none",
        description="required: the model answers with the facts in view that the comment is about, "
        "and names the one it rests on; without one the answer is unsure. In a round of its own.",
    )
    safety: bool = Field(
        default=False,
        description="A gate that no answer may walk around, before all else the model is asked; "
        "`aplomo protocol prove` sees to it.",
    )
    same_as: Id | None = Field(
        default=None,
        description="The question whose answer decides here too, with branches of its own; nothing "
        "is asked twice. Then text, label, ask, rule, examples and round are those of the other.",
    )
    source: str = Field(default="", description="Where the question comes from.")


class OutcomeShape(_Shape):
    """A leaf: what to do, who owns it and by when."""

    action: Action = Field(
        description="reply: a draft is written. no_reply: silence. moderate: hide or report. "
        "escalate: a person takes over."
    )
    title: Texts = Field(default={}, description="A short name, per language.")
    department: str = Field(default="", min_length=1, description="Who owns it.")
    level: Level = Field(default="none", description="How far it is escalated.")
    deadline: Duration = Field(default="", description="By when: an ISO 8601 duration, PT4H, P1D.")
    goal: Texts = Field(default={}, description="What the reply must achieve, per language.")
    must: list[Text] = Field(default=[], description="Elements that the reply must contain.")
    never: list[Text] = Field(default=[], description="Elements that it must never contain.")
    facts: FactUse = Field(
        default="none", description="Whether the reply may or has to cite the facts file."
    )
    private: bool = Field(default=False, description="Whether a private follow-up is written too.")
    template: Texts = Field(
        default={},
        description="The reply of last resort, per language; variables: {brand} {contact} {fact}.",
    )
    private_template: Texts = Field(
        default={},
        description="The private follow-up, per language; variables: {brand} {contact}, "
        "and {fact} where facts are required.",
    )
    source: str = Field(default="", description="Where the outcome comes from.")


class ProtocolShape(_Shape):
    """A reply protocol: closed questions that lead to outcomes."""

    format: Literal["aplomo.protocol/1"] = Field(
        default="aplomo.protocol/1", description="The version of this file format."
    )
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")] = Field(
        description="The protocol's name in records: lower-case letters, digits, - and _."
    )
    version: Text = Field(default="0", description="The version of this protocol.")
    languages: list[Language] = Field(
        min_length=1, description="ISO 639-1 codes; every text is written in each of them."
    )
    title: Texts = Field(default={}, description="A readable name, per language.")
    source: str = Field(default="", description="Where the protocol comes from.")
    start: Text = Field(default="", description="The first question. Default: the first written.")
    elements: dict[Id, dict[Language, ElementShape]] = Field(
        default={}, description="What replies must or must never contain, by id and language."
    )
    questions: dict[Id, QuestionShape] = Field(description="The questions, by id.")
    outcomes: dict[Id, OutcomeShape] = Field(
        description=f"The outcomes, by id; '{HUMAN_REVIEW}' exists even when it is not written."
    )
