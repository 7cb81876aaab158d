"""The shape of case files, and the JSON schema that editors read.

Only what one value can tell is checked here; what takes several is in `cases`.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.json_schema import GenerateJsonSchema

from aplomo.check import CHECKS
from aplomo.evals.verdicts import STATUSES

__all__ = ["CHECK_NAMES", "CaseShape", "CasesFile", "InstructionShape", "cases_schema"]

CHECK_NAMES = (*STATUSES, *(check.__name__ for check in CHECKS))
"""What a case may ask of a draft: a status of the decision, or a check that it passes."""


def _named(pattern: str, wanted: str) -> tuple[AfterValidator, Any]:
    """Refuses other text than `pattern` in words that say what is `wanted`; shown in the schema."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"'{text}' is not {wanted}")
        return text

    return AfterValidator(check), Field(json_schema_extra={"pattern": f"^{pattern}$"})


def _known_check(name: str) -> str:
    if name not in CHECK_NAMES:
        raise ValueError(f"'{name}' is no check (there are {', '.join(CHECK_NAMES)})")
    return name


Text = Annotated[str, StringConstraints(min_length=1)]
Id = Annotated[str, *_named("[a-z][a-z0-9_]*", "an id (write lower_case_letters)")]
Name = Annotated[str, *_named("[a-z0-9][a-z0-9_-]*", "a name (write lower-case-letters)")]
Language = Annotated[str, *_named("[a-z]{2}", "a language code (write es, en ...)")]
Check = Annotated[
    str, AfterValidator(_known_check), Field(json_schema_extra={"enum": list(CHECK_NAMES)})
]


class _Shape(BaseModel):
    # The line under a key is what editors show for it.
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CaseShape(_Shape):
    """One labelled comment."""

    id: Name
    """Unique in the file."""
    split: Literal["few_shot", "calibration", "test"]
    """The only thing that the case may be used for."""
    tags: tuple[Id, ...] = ()
    """What kind of comment it is, to find and to count."""
    must_pass: bool = False
    """Whether no change may ever get it wrong."""
    comment: dict[str, Any]
    """As `aplomo draft --input` reads it: text, channel, lang, author, thread, history, meta."""
    answers: dict[Id, Literal["yes", "no"]] = {}
    """By question id, only those that the labeller was sure of."""
    outcomes: dict[Name, Id] = {}
    """The outcome that is right, by protocol id; left out when unsure."""
    checks: tuple[Check, ...] = ()
    """What must hold of the decision's status, or of its draft."""
    reply: Text | None = None
    """What a person would have replied; shown beside the draft, compared with nothing."""
    provenance: Text | None = None
    """Who or what made it, when not what the file says."""


class CasesFile(_Shape):
    """A suite of labelled cases."""

    format: Literal["aplomo.cases/1"]
    """Says how the file is read."""
    suite: Name
    """The name of the suite."""
    protocols: tuple[Name, ...] = ()
    """The ids of the protocols that the cases are labelled for."""
    recorded: tuple[Name, ...] = ()
    """Those of them under which the suite is recorded and run; all when left out."""
    splits: tuple[Literal["calibration", "test"], ...] = ("calibration", "test")
    """The splits that are recorded and run."""
    most: Annotated[int, Field(gt=0)] | None = None
    """At most so many cases are recorded and run: `must_pass` ones first, the others evenly."""
    drafting: bool = True
    """Whether replies are drafted too; without, only the decisions are guarded."""
    judge: bool = False
    """Whether the model is also asked if each draft can be sent: advisory, it gates nothing."""
    provenance: Text = "unknown"
    """Who or what made the cases."""
    cases: Annotated[tuple[CaseShape, ...], Field(min_length=1)]
    """The cases, in the order in which they are run."""


class InstructionShape(_Shape):
    """An order to the model, as somebody might hide it in a comment."""

    id: Name
    """Unique in the file."""
    lang: Language
    """The language it is written in (ISO 639-1)."""
    text: Text
    """What is appended to a comment."""


def cases_schema() -> dict[str, Any]:
    """JSON schema of case files, as shipped in `evals/cases.schema.json`."""
    draft = "https://json-schema.org/draft/2020-12/schema"
    schema = CasesFile.model_json_schema(schema_generator=_Generate)
    return {"$schema": draft, **schema, "title": "Aplomo cases"}


class _Generate(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False
