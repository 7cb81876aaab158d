"""What changed from one protocol to another: what they say, and where answers now lead."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, cast

from aplomo.protocol.model import Element, Outcome, Protocol, Question, Verdict
from aplomo.protocol.paths import VERDICTS, Path, asked, paths

__all__ = ["MOST_WALKED", "Change", "Difference", "Move", "compare"]

MOST_WALKED = 100_000
"""Paths of the older protocol that are walked again through the newer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is said differently: `node` is its id, `what` a readable line about it."""

    node: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Answer sets that end elsewhere: how many, and the shortest of them.

    `after` is the new outcome, or the question that is now asked and was not answered before.
    """

    before: str
    after: str
    count: int
    example: Mapping[str, Verdict]
    asks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that changed; `walked` paths were compared, all of them when `complete`."""

    changes: tuple[Change, ...]
    moves: tuple[Move, ...]
    walked: int
    complete: bool


def compare(old: Protocol, new: Protocol, *, walk: int = MOST_WALKED) -> Difference:
    """Compare two protocols, walking at most `walk` paths of `old` through `new`."""
    found = list(islice(paths(old), walk + 1))
    walked = found[:walk]
    return Difference(
        changes=tuple(_changes(old, new)),
        moves=tuple(_moves(walked, new)),
        walked=len(walked),
        complete=len(found) <= walk,
    )


def _changes(old: Protocol, new: Protocol) -> Iterator[Change]:
    for field in ("id", "version", "languages", "start", "title"):
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield Change(node="protocol", what=_changed(field, before, after))
    for kind in ("questions", "outcomes", "elements"):
        before, after = getattr(old, kind), getattr(new, kind)
        for name in (*before, *(name for name in after if name not in before)):
            if name not in after:
                yield Change(node=name, what=f"{kind[:-1]} removed")
            elif name not in before:
                yield Change(node=name, what=f"{kind[:-1]} added")
            else:
                yield from _of_node(name, before[name], after[name])


def _of_node(
    name: str, old: Question | Outcome | Element, new: Question | Outcome | Element
) -> Iterator[Change]:
    for field in fields(old):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            yield Change(node=name, what=_changed(field.name, before, after))


def _changed(field: str, before: Any, after: Any) -> str:
    if field in VERDICTS:
        return f"{field} leads to {after}, not {before}"
    if field.endswith("_examples"):
        return f"{field.replace('_', ' ')}: {len(before)} before, {len(after)} after"
    return f"{field}: {_shown(before)} before, {_shown(after)} after"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        texts = cast("Mapping[str, Any]", value)
        return "; ".join(f"{key} {_shown(each)}" for key, each in texts.items()) or "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, cast("tuple[Any, ...]", value))) or "none"
    return f"“{' '.join(value.split())}”" if isinstance(value, str) and " " in value else f"{value}"


def _moves(walked: list[Path], new: Protocol) -> Iterator[Move]:
    """The paths that end elsewhere, together with all that moved from and to the same nodes."""
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], Path] = {}
    for path in walked:
        after = _end(path, new)
        if after == path.outcome:
            continue
        key = (path.outcome, after)
        counts[key] += 1
        shortest = examples.setdefault(key, path)
        if len(path.answers) < len(shortest.answers):
            examples[key] = path
    for (before, after), count in counts.most_common():
        yield Move(
            before=before,
            after=after,
            count=count,
            example=examples[before, after].answers,
            asks=after in new.questions,
        )


def _end(path: Path, protocol: Protocol) -> str:
    """The node at which the answers of `path` leave the walker: an outcome, or a new question."""
    node = protocol.start
    while (question := protocol.questions.get(node)) is not None:
        verdict = path.answers.get(asked(question))
        if verdict is None:
            return node
        node = question.target(verdict)
    return node
