"""Labelled cases: comments with the answers, outcomes and checks that a person is sure of."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from aplomo.comment import Comment
from aplomo.document import Document, Location, did_you_mean
from aplomo.errors import DocumentError, InputError, Problem
from aplomo.inbound import comment_from
from aplomo.protocol.model import Protocol

if TYPE_CHECKING:
    from aplomo.evals.case_shape import CaseShape

__all__ = [
    "Case",
    "Instruction",
    "Split",
    "Suite",
    "check_against",
    "load_cases",
    "load_instructions",
    "load_suite",
    "suite_of",
]

Split = Literal["few_shot", "calibration", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled comment; `split` says what it may be used for.

    `answers` are by question id, `outcomes` outcome ids by protocol id: only what the labeller was
    sure of. `checks` are names of checks that a draft passes, or `ready` and `no_reply` of the
    decision. `must_pass` cases are those that no change may get wrong. `reply` is what a person
    would have replied, to be shown. `provenance` says who or what made the case; `file` and `line`
    where it is written.
    """

    id: str
    split: Split
    comment: Comment
    answers: Mapping[str, Literal["yes", "no"]]
    outcomes: Mapping[str, str] = field(default_factory=dict[str, str])
    checks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    must_pass: bool = False
    reply: str | None = None
    provenance: str = "unknown"
    file: str = field(default="", compare=False)
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A file of cases, and the ids of the protocols that they are labelled for.

    `recorded` are the protocols, and `splits` the splits, that are recorded and run by default;
    without `drafting` no reply is drafted; of many cases at most `most` are run; with `judge` the
    model is also asked whether each draft can be sent.
    """

    name: str
    protocols: tuple[str, ...]
    cases: tuple[Case, ...]
    recorded: tuple[str, ...] = ()
    splits: tuple[Split, ...] = ("calibration", "test")
    drafting: bool = True
    judge: bool = False
    most: int | None = None

    @property
    def played(self) -> tuple[Case, ...]:
        """The cases that are recorded and run, in their order."""
        cases = [case for case in self.cases if case.split in self.splits]
        if self.most is None or len(cases) <= self.most:
            return tuple(cases)
        others = [case for case in cases if not case.must_pass]
        count = max(0, self.most - (len(cases) - len(others)))
        spaced = {others[index * len(others) // count].id for index in range(count)}
        return tuple(case for case in cases if case.must_pass or case.id in spaced)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """An order to the model that a measurement appends to a comment; `lang` is ISO 639-1."""

    id: str
    lang: str
    text: str


def load_suite(path: Path) -> Suite:
    """The suite written in `path`.

    Raises ConfigError when there is no readable file, DocumentError with every problem in it.
    """
    return suite_of(Document.read(path, kind="cases"))


def suite_of(document: Document) -> Suite:
    """The suite that `document` is. Raises DocumentError with every problem in it."""
    from pydantic import ValidationError

    from aplomo.evals.case_shape import CasesFile

    found = [*document.duplicates, *_repeated(document, ("cases",))]
    try:
        shape = CasesFile.model_validate(document.data)
    except ValidationError as error:
        found += [*document.problems(error, model=CasesFile), *_comment_problems(document)]
        raise DocumentError("cases", found) from None
    if shape.judge and not shape.drafting:
        found.append(document.problem(("judge",), "a judge needs drafts", "drafting: true"))
    if found := [*found, *_comment_problems(document)]:
        raise DocumentError("cases", found)
    cases = tuple(
        _case(entry, document, document.line(("cases", index)), shape.provenance)
        for index, entry in enumerate(shape.cases)
    )
    return Suite(
        name=shape.suite,
        protocols=shape.protocols,
        cases=cases,
        recorded=shape.recorded or shape.protocols,
        splits=shape.splits,
        drafting=shape.drafting,
        judge=shape.judge,
        most=shape.most,
    )


def load_cases(*paths: Path) -> tuple[Case, ...]:
    """The cases written in `paths`, one after another.

    Raises as `load_suite` does, and DocumentError for an id that is in more than one file.
    """
    cases = [case for path in paths for case in load_suite(path).cases]
    first: dict[str, Case] = {}
    for case in cases:
        if first.setdefault(case.id, case) is not case:
            hint = f"first written in {first[case.id].file}, line {first[case.id].line}"
            message = f"duplicate id '{case.id}'"
            raise DocumentError(
                "cases", [Problem(file=case.file, line=case.line, message=message, hint=hint)]
            )
    return tuple(cases)


def check_against(cases: Iterable[Case], protocols: Iterable[Protocol]) -> None:
    """See that every label names something that exists.

    Answers may name a question of any of `protocols`; outcomes are looked up in the protocol they
    are given for, and those for other protocols are refused. Raises DocumentError with every
    problem at once.
    """
    known = {protocol.id: protocol for protocol in protocols}
    questions = {name for protocol in known.values() for name in protocol.questions}
    problems = [problem for case in cases for problem in _unknown(case, known, questions)]
    if problems:
        raise DocumentError("cases", problems)


def load_instructions(path: Path) -> tuple[Instruction, ...]:
    """The instructions listed in `path`, a plain list of {id, lang, text}.

    Raises ConfigError when there is no readable file, DocumentError with every problem in it.
    """
    from pydantic import TypeAdapter, ValidationError

    from aplomo.evals.case_shape import InstructionShape

    document = Document.read(path, kind="instructions")
    found = [*document.duplicates, *_repeated(document, ())]
    try:
        shapes = TypeAdapter(list[InstructionShape]).validate_python(document.data)
    except ValidationError as error:
        raise DocumentError("instructions", [*found, *document.problems(error)]) from None
    if found:
        raise DocumentError("instructions", found)
    return tuple(Instruction(**dict(shape)) for shape in shapes)


# What one value cannot tell. These read the plain data, so that they still speak when its shape
# is wrong elsewhere.


def _repeated(document: Document, place: Location) -> Iterator[Problem]:
    """Ids that occur twice in the list at `place`."""
    first: dict[str, int] = {}
    for index, item in enumerate(_items(document, place)):
        where = (*place, index, "id")
        if not isinstance(id_ := item.get("id"), str):
            continue
        if id_ in first:
            hint = f"first written in line {first[id_]}"
            yield document.problem(where, f"duplicate id '{id_}'", hint)
        first.setdefault(id_, document.line(where))


def _comment_problems(document: Document) -> Iterator[Problem]:
    for index, item in enumerate(_items(document, ("cases",))):
        if "comment" in item:
            try:
                comment_from(item["comment"])
            except InputError as error:
                where = ("cases", index, "comment")
                yield document.problem(where, f"{item.get('id')}: {error}", error.hint)


def _items(document: Document, place: Location) -> list[dict[str, Any]]:
    """The mappings in the list at `place`; what is no mapping counts as an empty one."""
    value: Any = document.data
    for key in place:
        value = cast("dict[str, Any]", value).get(str(key)) if isinstance(value, dict) else None
    if not isinstance(value, list):
        return []
    items = cast("list[Any]", value)
    return [cast("dict[str, Any]", item) if isinstance(item, dict) else {} for item in items]


def _case(shape: "CaseShape", document: Document, line: int, provenance: str) -> Case:
    return Case(
        id=shape.id,
        split=shape.split,
        comment=comment_from(shape.comment),
        answers=shape.answers,
        outcomes=shape.outcomes,
        checks=shape.checks,
        tags=shape.tags,
        must_pass=shape.must_pass,
        reply=shape.reply,
        provenance=shape.provenance or provenance,
        file=document.name,
        line=line,
    )


def _unknown(
    case: Case, protocols: Mapping[str, Protocol], questions: Collection[str]
) -> Iterator[Problem]:
    """What the labels of `case` name that does not exist."""

    def problem(message: str, hint: str | None) -> Problem:
        return Problem(file=case.file, line=case.line, message=f"{case.id}: {message}", hint=hint)

    for name in case.answers:
        if name not in questions:
            yield problem(f"no protocol asks '{name}'", did_you_mean(name, questions))
    for id_, outcome in case.outcomes.items():
        if (protocol := protocols.get(id_)) is None:
            yield problem(f"no protocol '{id_}'", did_you_mean(id_, protocols))
        elif outcome not in protocol.outcomes:
            hint = did_you_mean(outcome, protocol.outcomes)
            yield problem(f"{id_} has no outcome '{outcome}'", hint)
