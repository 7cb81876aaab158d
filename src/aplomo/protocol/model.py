"""What a protocol says: closed questions and outcomes, a directed acyclic graph of values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "HUMAN_REVIEW",
    "Action",
    "Answerer",
    "Element",
    "Example",
    "FactUse",
    "Level",
    "Outcome",
    "Protocol",
    "Question",
    "Texts",
    "Verdict",
    "in_language",
]

Verdict = Literal["yes", "no", "unsure"]
Answerer = Literal["rule", "probe", "model", "human"]
"""`probe` is the model too, but it is not asked: a fitted probe reads its hidden state."""
Action = Literal["reply", "no_reply", "moderate", "escalate"]
Level = Literal["none", "L1", "L2", "L3"]
FactUse = Literal["none", "optional", "required"]
Texts = Mapping[str, str]
"""One text per language code."""

HUMAN_REVIEW = "human_review"
"""Where `unsure` goes unless the protocol says otherwise; every protocol has this outcome."""


def in_language(texts: Texts, lang: str | None) -> str:
    """The text in `lang`, else in the first language written; empty when there is none."""
    return texts.get(lang or "") or next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A comment that shows how a question is answered; `evidence` is a verbatim piece of `text`."""

    text: str
    lang: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A closed question: answered yes, no or unsure, and where each answer leads.

    `label` is what the model is told the question is called (a loaded question always has one);
    `ask` is the ladder of who may answer, in order; `rule` a CEL expression over the comment;
    `round` the batch in which the model is asked; `source` where the question comes from.
    `same_as` names the question whose answer decides here too: it is not asked twice.
    `facts` says whether facts must be in view: then it is asked in a round of its own.
    `safety` marks a gate that has to come before everything ordinary, as `prove` sees to.
    """

    id: str
    text: Texts
    ask: tuple[Answerer, ...]
    yes: str
    no: str
    unsure: str = HUMAN_REVIEW
    label: str = ""
    rule: str | None = None
    round: int = 1
    yes_examples: tuple[Example, ...] = ()
    no_examples: tuple[Example, ...] = ()
    source: str = ""
    same_as: str = ""
    facts: Literal["none", "required"] = "none"
    safety: bool = False

    def target(self, verdict: Verdict) -> str:
        """The id of the node that `verdict` leads to."""
        return {"yes": self.yes, "no": self.no, "unsure": self.unsure}[verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Something a reply must or must never contain.

    `means` tells the writer, per language; `phrases` are how it is found, per language: whole
    words, case and accents ignored, a trailing `*` standing for any ending (`disculp*`).
    """

    id: str
    means: Texts
    phrases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A leaf: what to do, who owns it and by when.

    `deadline` is an ISO 8601 duration; `must` and `never` are element ids; `facts` says whether
    a reply may or has to cite the facts file; `private` asks for a private follow-up beside the
    public text. Templates are the reply of last resort; their variables are `{brand}`,
    `{contact}`, `{fact}`.
    """

    id: str
    action: Action
    title: Texts = field(default_factory=dict[str, str])
    department: str = ""
    level: Level = "none"
    deadline: str = ""
    goal: Texts = field(default_factory=dict[str, str])
    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    facts: FactUse = "none"
    private: bool = False
    template: Texts = field(default_factory=dict[str, str])
    private_template: Texts = field(default_factory=dict[str, str])
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A loaded, checked protocol. `sha256` is the hash of its source text."""

    id: str
    version: str
    languages: tuple[str, ...]
    start: str
    questions: Mapping[str, Question]
    outcomes: Mapping[str, Outcome]
    elements: Mapping[str, Element] = field(default_factory=dict[str, Element])
    title: Texts = field(default_factory=dict[str, str])
    source: str = ""
    sha256: str = ""

    @property
    def rounds(self) -> tuple[int, ...]:
        """The numbers of the rounds in which the model is asked several questions at once."""
        asked = (q for q in self.questions.values() if "model" in q.ask and q.facts == "none")
        return tuple(sorted({question.round for question in asked}))

    def probed(self, number: int) -> Iterator[Question]:
        """The questions that a probe answers by the state that round `number` reads."""
        asked = (q for q in self.questions.values() if "probe" in q.ask and not q.same_as)
        return (q for q in asked if q.round == number)

    def round(self, number: int) -> Iterator[Question]:
        """The questions that the model answers together in round `number`, in written order.

        One that needs facts is asked alone, with those that its comment is about.
        """
        asked = (q for q in self.questions.values() if "model" in q.ask and not q.same_as)
        return (q for q in asked if q.round == number and q.facts == "none")
