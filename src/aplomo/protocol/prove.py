"""What holds of a protocol whatever the answers: proved on the graph, or by walking every path.

While the paths can be walked they are, through `aplomo.walk`'s own rules; a protocol with more of
them than that is judged by its edges, which gives bounds that are never too low.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from aplomo.protocol.model import Protocol, Question
from aplomo.protocol.paths import VERDICTS, Path, asked, count_paths, downwards, paths

__all__ = ["MOST_CALLS", "MOST_WALKED", "Proof", "prove"]

MOST_CALLS = 3
"""Answering calls that a path may cost, unless the caller says otherwise."""

MOST_WALKED = 100_000
"""Paths beyond which only the edges are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found.

    `paths` is their number (an upper bound unless `walked`); `longest` the question ids of a
    longest one; `calls` the most answering calls on any; `free` the outcomes that some path
    reaches without the model; `gates` the questions marked `safety`; `violations` one readable
    line for each property that does not hold.
    """

    paths: int
    walked: bool
    longest: tuple[str, ...]
    calls: int
    free: tuple[str, ...]
    gates: tuple[str, ...]
    violations: tuple[str, ...]


def prove(protocol: Protocol, *, most_calls: int = MOST_CALLS, walk: int = MOST_WALKED) -> Proof:
    """Prove `protocol`, walking its paths when there are at most `walk` of them."""
    count = count_paths(protocol)
    gates = tuple(question.id for question in downwards(protocol) if question.safety)
    survey = _walked(protocol) if count <= walk else _by_edges(protocol, count)
    violations = [
        f"outcome '{name}' is reached by no set of answers"
        for name in protocol.outcomes
        if name not in survey.reached and name != "human_review"
    ]
    if survey.calls > most_calls:
        violations.append(f"a path costs {survey.calls} answering calls, more than {most_calls}")
    violations += _misplaced_gates(protocol)
    return Proof(
        paths=survey.paths,
        walked=count <= walk,
        longest=survey.longest,
        calls=survey.calls,
        free=tuple(name for name in protocol.outcomes if name in survey.free),
        gates=gates,
        violations=tuple(violations),
    )


@dataclass(frozen=True, slots=True)
class _Survey:
    paths: int
    longest: tuple[str, ...]
    calls: int
    reached: Collection[str]
    free: Collection[str]


def _walked(protocol: Protocol) -> _Survey:
    found = list(paths(protocol))
    costs = [_rounds(protocol, path) for path in found]
    return _Survey(
        paths=len(found),
        longest=tuple(max((path.answers for path in found), key=len)),
        calls=max(map(len, costs)),
        reached={path.outcome for path in found},
        free={path.outcome for path, cost in zip(found, costs, strict=True) if not cost},
    )


def _rounds(protocol: Protocol, path: Path) -> set[int]:
    """The rounds that the model is called for: a call answers the whole of its round."""
    questions = (protocol.questions[name] for name in path.answers)
    return {question.round for question in questions if _by_model(question)}


def _by_edges(protocol: Protocol, count: int) -> _Survey:
    """The longest path and the dearest, each node judged after all that it leads to."""
    longest: dict[str, tuple[str, ...]] = dict.fromkeys(protocol.outcomes, ())
    rounds: dict[str, set[frozenset[int]]] = {name: {frozenset()} for name in protocol.outcomes}
    for question in reversed(downwards(protocol)):
        targets = [question.target(verdict) for verdict in VERDICTS]
        longest[question.id] = (asked(question), *max((longest[t] for t in targets), key=len))
        own = {question.round} if _by_model(question) else set[int]()
        rounds[question.id] = {after | own for target in targets for after in rounds[target]}
    return _Survey(
        paths=count,
        longest=longest[protocol.start],
        calls=max(map(len, rounds[protocol.start])),
        reached=_reached(protocol, [protocol.start]),
        free=_reached(protocol, [protocol.start], closed={*_model_questions(protocol)}),
    )


def _misplaced_gates(protocol: Protocol) -> Iterator[str]:
    """The marked gates come before all else that the model is asked, and none is walked around."""
    gates = [question for question in protocol.questions.values() if question.safety]
    if not gates:
        return
    ordinary = [name for name in _model_questions(protocol) if not protocol.questions[name].safety]
    for gate in gates:
        for name in ordinary:
            if gate.id in _reached(protocol, [name]):
                yield f"safety gate '{gate.id}' can come after '{name}', which the model answers"
        if not _by_model(gate) and not gate.same_as:
            around = _reached(protocol, [protocol.start], closed={gate.id})
            for name in ordinary:
                if name in around:
                    yield f"safety gate '{gate.id}' can be walked around on the way to '{name}'"


def _model_questions(protocol: Protocol) -> list[str]:
    return [question.id for question in protocol.questions.values() if _by_model(question)]


def _by_model(question: Question) -> bool:
    return "model" in question.ask


def _reached(
    protocol: Protocol, seeds: Collection[str], *, closed: Collection[str] = ()
) -> set[str]:
    """The nodes that can be reached from `seeds` without passing through `closed` ones."""
    reached: set[str] = set()
    waiting = [seed for seed in seeds if seed not in closed]
    while waiting:
        node = waiting.pop()
        question = protocol.questions.get(node)
        if node in reached:
            continue
        reached.add(node)
        if question is not None:
            targets = (question.target(verdict) for verdict in VERDICTS)
            waiting += [target for target in targets if target not in closed]
    return reached
