"""From the checked shape of a protocol file to the protocol's frozen values."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from aplomo.protocol.content import evidence_of
from aplomo.protocol.model import (
    HUMAN_REVIEW,
    Answerer,
    Element,
    Example,
    Outcome,
    Protocol,
    Question,
)
from aplomo.protocol.shape import ElementShape, OutcomeShape, ProtocolShape, QuestionShape

__all__ = ["build"]

_HUMAN_REVIEW = Outcome(
    id=HUMAN_REVIEW,
    action="escalate",
    title=MappingProxyType({"es": "Que lo vea una persona", "en": "Let a person see it"}),
    department="community",
    level="L1",
    deadline="PT4H",
    source="built in",
)
_SHARED = ("text", "label", "ask", "rule", "round", "facts")  # what `same_as` takes from the other


def build(shape: ProtocolShape, sha256: str) -> Protocol:
    """The protocol of a `shape` in which the checks found nothing wrong."""
    outcomes = {name: _outcome(name, outcome) for name, outcome in shape.outcomes.items()}
    outcomes.setdefault(HUMAN_REVIEW, _HUMAN_REVIEW)
    return Protocol(
        id=shape.id,
        version=shape.version,
        languages=tuple(shape.languages),
        start=shape.start or next(iter(shape.questions)),
        questions=MappingProxyType(_questions(shape)),
        outcomes=MappingProxyType(outcomes),
        elements=MappingProxyType({name: _element(name, e) for name, e in shape.elements.items()}),
        title=MappingProxyType(shape.title),
        source=shape.source,
        sha256=sha256,
    )


def _questions(shape: ProtocolShape) -> dict[str, Question]:
    """Each question; one that is the same as another asks what that one asks."""
    questions = {name: _question(name, q) for name, q in shape.questions.items()}
    for name, question in questions.items():
        if question.same_as:
            origin = questions[question.same_as]
            taken = {field: getattr(origin, field) for field in _SHARED}
            questions[name] = replace(question, **taken)
    return questions


def _question(name: str, shape: QuestionShape) -> Question:
    default: tuple[Answerer, ...] = ("rule",) if shape.rule else ("model",)
    return Question(
        id=name,
        same_as=shape.same_as or "",
        safety=shape.safety,
        facts=shape.facts,
        text=MappingProxyType(shape.text),
        label=shape.label or name,
        ask=tuple(shape.ask) or default,
        rule=shape.rule or None,
        yes=shape.yes,
        no=shape.no,
        unsure=shape.unsure,
        round=shape.round,
        yes_examples=tuple(_examples(shape.examples.yes)),
        no_examples=tuple(_examples(shape.examples.no)),
        source=shape.source,
    )


def _examples(texts: Mapping[str, list[str]]) -> Iterator[Example]:
    for lang, items in texts.items():
        for item in items:
            text, evidence = evidence_of(item)
            yield Example(text=text, lang=lang, evidence=evidence)


def _element(name: str, shape: Mapping[str, ElementShape]) -> Element:
    return Element(
        id=name,
        means=MappingProxyType({lang: each.means for lang, each in shape.items()}),
        phrases=MappingProxyType({lang: tuple(each.phrases) for lang, each in shape.items()}),
    )


def _outcome(name: str, shape: OutcomeShape) -> Outcome:
    return Outcome(
        id=name,
        action=shape.action,
        title=MappingProxyType(shape.title),
        department=shape.department,
        level=shape.level,
        deadline=shape.deadline,
        goal=MappingProxyType(shape.goal),
        must=tuple(shape.must),
        never=tuple(shape.never),
        facts=shape.facts,
        private=shape.private,
        template=MappingProxyType(shape.template),
        private_template=MappingProxyType(shape.private_template),
        source=shape.source,
    )
