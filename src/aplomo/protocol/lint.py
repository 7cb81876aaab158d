"""The checks on the graph: where answers lead. Each is a small pure function from sketch to flaws.

None recurses, so that a protocol of any depth is checked.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from aplomo.document import Location, did_you_mean
from aplomo.protocol.model import HUMAN_REVIEW
from aplomo.protocol.sketch import Flaw, Sketch

__all__ = ["GRAPH_CHECKS"]

_ID = re.compile(r"[a-z][a-z0-9_]*")


def ids(sketch: Sketch) -> Iterator[Flaw]:
    """Ids are plain words, and name one thing each."""
    groups = {
        "questions": sketch.branches,
        "outcomes": sketch.outcome_ids,
        "elements": sketch.elements,
    }
    for group, names in groups.items():
        for name in sorted(names):
            if not _ID.fullmatch(name):
                message = f"'{name}' is not an id: write lower-case letters, digits and _"
                yield Flaw((group, name), message)
    for name in sketch.branches:
        if name == HUMAN_REVIEW:
            yield Flaw(("questions", name), f"'{name}' is always an outcome, never a question")
        elif name in sketch.outcome_ids:
            message = f"duplicate id '{name}': a question and an outcome"
            yield Flaw(("outcomes", name), message)


def start(sketch: Sketch) -> Iterator[Flaw]:
    """There is a question to start from."""
    if not sketch.branches:
        yield Flaw(("questions",), "there is no question")
    elif sketch.start in sketch.branches:
        return
    elif sketch.start in sketch.outcome_ids:
        yield Flaw(("start",), f"start '{sketch.start}' is an outcome; it must be a question")
    else:
        hint = did_you_mean(sketch.start, sketch.branches)
        yield Flaw(("start",), f"start names an unknown question '{sketch.start}'", hint)


def targets(sketch: Sketch) -> Iterator[Flaw]:
    """Every branch leads to something that exists."""
    for question, branches in sketch.branches.items():
        for verdict, node in branches.items():
            if not sketch.knows(node):
                meant = sketch.meant(node)
                message = f"questions.{question}.{verdict} leads to unknown '{node}'"
                hint = meant and f"did you mean '{meant}'?"
                yield Flaw(("questions", question, verdict), message, hint)


def cycles(sketch: Sketch) -> Iterator[Flaw]:
    """No question leads back to itself: one flaw for each branch that closes a cycle."""
    finished: set[str] = set()
    for root in sketch.edges:
        if root in finished:
            continue
        path = {root: iter(sketch.edges[root].items())}
        while path:
            here, branches = next(reversed(path.items()))
            for verdict, node in branches:
                if node in path:
                    yield Flaw(("questions", here, verdict), f"cycle: {_cycle(path, node)}")
                elif node in sketch.edges and node not in finished:
                    path[node] = iter(sketch.edges[node].items())
                    break
            else:
                finished.add(here)
                del path[here]


def _cycle(path: Iterable[str], node: str) -> str:
    nodes = list(path)
    nodes = [*nodes[nodes.index(node) :], node]
    if len(nodes) > 12:
        nodes = [*nodes[:6], f"({len(nodes) - 11} more)", *nodes[-5:]]
    return " -> ".join(nodes)


def unreachable(sketch: Sketch) -> Iterator[Flaw]:
    """Everything written can be reached from the start."""
    if sketch.start not in sketch.branches:
        return
    # What a slip in a target may have meant is not called unreachable too.
    forward = {
        question: [node if sketch.knows(node) else sketch.meant(node) or node for node in nodes]
        for question, nodes in ((name, each.values()) for name, each in sketch.branches.items())
    }
    reached = _reach([sketch.start], forward) | {HUMAN_REVIEW}
    for question in sketch.branches:
        if question not in reached:
            yield _unreachable(("questions", question), "question")
    for outcome in sorted(sketch.outcome_ids - reached):
        yield _unreachable(("outcomes", outcome), "outcome")


def _unreachable(location: Location, kind: str) -> Flaw:
    return Flaw(location, f"{kind} '{location[1]}' is never reached from the start")


def dead_ends(sketch: Sketch) -> Iterator[Flaw]:
    """Every question can end in an outcome; one with a broken branch gets the benefit of doubt."""
    backward: dict[str, list[str]] = {}
    doubtful: list[str] = []
    for question, branches in sketch.edges.items():
        if len(branches) < 3:
            doubtful.append(question)
        for node in branches.values():
            backward.setdefault(node, []).append(question)
    ending = _reach([*sketch.outcome_ids, *doubtful], backward)
    for question in sketch.branches:
        if question not in ending:
            yield Flaw(("questions", question), f"no answer to '{question}' ends in an outcome")


def _reach(seeds: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """The nodes reached from `seeds`, themselves included."""
    reached: set[str] = set()
    waiting = list(seeds)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting.extend(edges.get(node, ()))
    return reached


def shared_answers(sketch: Sketch) -> Iterator[Flaw]:
    """A question that is the same as another names one that is asked, and adds only branches."""
    for name, question in sketch.questions.items():
        if not (origin := question.same_as):
            continue
        at, dotted = ("questions", name, "same_as"), f"questions.{name}.same_as"
        if origin not in sketch.branches:
            hint = did_you_mean(origin, sketch.branches)
            yield Flaw(at, f"{dotted} names an unknown question '{origin}'", hint)
        elif origin == name or ((other := sketch.questions.get(origin)) and other.same_as):
            yield Flaw(at, f"{dotted} must name a question that is asked itself, not '{origin}'")
        for field in ("text", "label", "ask", "rule", "examples", "round", "facts"):
            if field in question.model_fields_set:
                message = f"questions.{name}.{field} is never used: it is the same as '{origin}'"
                yield Flaw(("questions", name, field), message)


def alone(sketch: Sketch) -> Iterator[Flaw]:
    """A question that needs facts is put to the model, without examples, in a round of its own."""
    asked = {
        name: question
        for name, question in sketch.questions.items()
        if not question.same_as
        and "model" in (question.ask or ["rule" if question.rule else "model"])
    }
    for name, question in sketch.questions.items():
        if question.facts == "none":
            continue
        at, dotted = ("questions", name, "facts"), f"questions.{name}.facts"
        if name not in asked:
            yield Flaw(at, f"{dotted}: only the model is shown facts, and it is not asked")
        if question.examples.yes or question.examples.no:
            message = f"questions.{name}.examples: examples have no facts that could be shown"
            yield Flaw(("questions", name, "examples"), message)
        beside = [n for n, q in asked.items() if n != name and q.round == question.round]
        if beside:
            hint = "give it a round of its own, after the question that leads to it"
            message = f"{dotted}: round {question.round} is also asked of '{beside[0]}'"
            yield Flaw(at, message, hint)


GRAPH_CHECKS: tuple[Callable[[Sketch], Iterator[Flaw]], ...] = (
    ids,
    start,
    targets,
    cycles,
    unreachable,
    dead_ends,
    shared_answers,
    alone,
)
