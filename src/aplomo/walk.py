"""How a protocol is walked: a pure generator, with no I/O, clock or randomness.

The walk yields the question it needs and is sent the answer; drivers, sync or async, decide how
the answer is found. The same answers always give the same path.
"""

from collections.abc import Generator
from dataclasses import dataclass

from aplomo.protocol.model import Answerer, Outcome, Protocol, Question, Verdict

__all__ = ["Answer", "walk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to one question.

    `confidence` is the calibrated probability of `answer` in 0..1 (of "yes" when unsure); `logit`
    the raw log-odds of yes, when the server gave log-probabilities; `evidence` a verbatim quote, or
    the statement of the `fact` (an id) that the answer rests on.
    """

    question: str
    answer: Verdict
    by: Answerer
    confidence: float | None = None
    logit: float | None = None
    evidence: str | None = None
    reason: str | None = None
    fact: str | None = None


def walk(protocol: Protocol) -> Generator[Question, Verdict, Outcome]:
    """Walk `protocol` from its start: yields each Question reached, takes its verdict.

    Where a node is the `same_as` another, that other question is yielded.
    """
    node = protocol.start
    while (question := protocol.questions.get(node)) is not None:
        asked = protocol.questions[question.same_as] if question.same_as else question
        node = question.target((yield asked))
    return protocol.outcomes[node]
