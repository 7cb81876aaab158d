"""Examples of whole decisions: a comment, its outcome, and a reply where one is due.

They are the brand's exemplars and the protocol's examples: a text that answers a round's questions
is walked through the protocol, which says what becomes of it. The reply of such a text is the
outcome's own wording.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aplomo.answer.rule import by_rule
from aplomo.comment import Comment
from aplomo.prompt import fence
from aplomo.protocol.model import Outcome, Protocol
from aplomo.walk import walk
from benchmarks.beside.ground import Ground

Plain = dict[str, Any]


def worked_examples(ground: Ground) -> Iterator[Plain]:
    """Every example with the outcome that the protocol gives it."""
    for exemplar in ground.brand.exemplars:
        if exemplar.outcome in ground.protocol.outcomes:
            text, lang = exemplar.comment, exemplar.lang
            yield _example(text, lang, exemplar.outcome, exemplar.reply, set())
    for marked in _marked(ground.protocol).values():
        outcome = _walked(ground.protocol, marked)
        if outcome is None:
            continue
        reply = ground.wording(outcome, marked.lang) if outcome.action == "reply" else ""
        if reply or outcome.action != "reply":
            yield _example(marked.text, marked.lang, outcome.id, reply, marked.yeses)


def _example(text: str, lang: str, outcome: str, reply: str, yeses: set[str]) -> Plain:
    return {
        "text": text,
        "shown": fence(text),
        "lang": lang,
        "outcome": outcome,
        "reply": reply,
        "yeses": sorted(yeses),
    }


@dataclass(kw_only=True)
class _Marked:
    """An example's text, the questions it is a yes to, and the rounds that it answers."""

    text: str
    lang: str
    yeses: set[str] = field(default_factory=set[str])
    rounds: set[int] = field(default_factory=set[int])


def _marked(protocol: Protocol) -> dict[str, _Marked]:
    marked: dict[str, _Marked] = {}
    for question in protocol.questions.values():
        for example in (*question.yes_examples, *question.no_examples):
            one = marked.setdefault(example.text, _Marked(text=example.text, lang=example.lang))
            one.rounds.add(question.round)
            if example in question.yes_examples:
                one.yeses.add(question.id)
    return marked


def _walked(protocol: Protocol, marked: _Marked) -> Outcome | None:
    """Where the protocol leads an example; None where it is asked what the example does not say."""
    comment, steps = Comment(text=marked.text, lang=marked.lang), walk(protocol)
    try:
        question = next(steps)
        while True:
            if question.rule is not None:
                verdict = by_rule(question, comment).answer
            elif question.round in marked.rounds:
                verdict = "yes" if question.id in marked.yeses else "no"
            else:
                return None
            question = steps.send(verdict)
    except StopIteration as stop:
        return stop.value
