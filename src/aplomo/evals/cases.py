"""Labelled cases: comments with the answers a person is sure of."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from aplomo.comment import Comment
from aplomo.document import Document
from aplomo.errors import DocumentError, InputError, Problem
from aplomo.inbound import comment_from

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Case", "Split", "cases_schema", "load_cases"]

Split = Literal["calibration", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled comment; `split` says what it may be used for."""

    id: str
    split: Split
    comment: Comment
    answers: Mapping[str, Literal["yes", "no"]]
    tags: tuple[str, ...] = ()


def load_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a suite. Raises DocumentError with every problem at once."""
    from pydantic import ValidationError

    document = Document.read(path, kind="cases")
    problems: list[Problem] = list(document.duplicates)
    cases: dict[str, Case] = {}
    try:
        shape: Any = _shape().model_validate(document.data)
    except ValidationError as error:
        raise DocumentError("cases", [*problems, *document.problems(error)]) from None
    for index, entry in enumerate(shape.cases):
        place = ("cases", index)
        if entry.id in cases:
            problems.append(document.problem((*place, "id"), f"duplicate id '{entry.id}'"))
        try:
            comment = comment_from(entry.comment)
        except InputError as error:
            problems.append(document.problem((*place, "comment"), error.message))
            continue
        cases[entry.id] = Case(
            id=entry.id,
            split=entry.split,
            comment=comment,
            answers=entry.answers,
            tags=tuple(entry.tags),
        )
    if problems:
        raise DocumentError("cases", problems)
    return tuple(cases.values())


def cases_schema() -> dict[str, Any]:
    """JSON schema of a case file, for editors."""
    return _shape().model_json_schema()


@lru_cache(maxsize=1)
def _shape() -> "type[BaseModel]":
    from pydantic import BaseModel, ConfigDict, Field

    class CaseShape(BaseModel):
        model_config = ConfigDict(extra="forbid")
        id: str
        split: Split
        comment: dict[str, Any]
        answers: dict[str, Literal["yes", "no"]]
        tags: list[str] = Field(default_factory=list[str])

    class CasesShape(BaseModel):
        model_config = ConfigDict(extra="forbid")
        format: Literal["aplomo.cases/1"]
        suite: str
        cases: list[CaseShape]

    return CasesShape
