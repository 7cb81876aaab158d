"""The paths through a protocol: every set of answers that ends somewhere, and where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from aplomo.protocol.model import Protocol, Question, Verdict

__all__ = ["VERDICTS", "Path", "asked", "count_paths", "downwards", "paths"]

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One way through: the answers in the order they are given, and the id of the outcome."""

    answers: Mapping[str, Verdict]
    outcome: str


def asked(question: Question) -> str:
    """The id of the question that is really asked at this node."""
    return question.same_as or question.id


def paths(protocol: Protocol) -> Iterator[Path]:
    """Every path, lazily. A question met again under `same_as` keeps the answer it was given."""
    start: dict[str, Verdict] = {}
    waiting = [(protocol.start, start)]
    while waiting:
        node, answers = waiting.pop()
        question = protocol.questions.get(node)
        if question is None:
            yield Path(answers=answers, outcome=node)
            continue
        name = asked(question)
        verdicts: tuple[Verdict, ...] = (answers[name],) if name in answers else VERDICTS
        waiting += [(question.target(v), {**answers, name: v}) for v in reversed(verdicts)]


def count_paths(protocol: Protocol) -> int:
    """How many paths there are at most, without walking them."""
    ways: dict[str, int] = dict.fromkeys(protocol.outcomes, 1)
    for question in reversed(downwards(protocol)):
        ways[question.id] = sum(ways[question.target(verdict)] for verdict in VERDICTS)
    return ways[protocol.start]


def downwards(protocol: Protocol) -> list[Question]:
    """The questions in an order in which each comes before those that it leads to."""
    order: list[Question] = []
    seen: set[str] = set()
    waiting: list[tuple[Question, int]] = [(protocol.questions[protocol.start], 0)]
    while waiting:
        question, branch = waiting.pop()
        if branch == 0 and question.id in seen:
            continue
        seen.add(question.id)
        if branch == len(VERDICTS):
            order.append(question)
            continue
        waiting.append((question, branch + 1))
        after = protocol.questions.get(question.target(VERDICTS[branch]))
        if after is not None and after.id not in seen:
            waiting.append((after, 0))
    return order[::-1]
