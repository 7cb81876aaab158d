"""A decision record walked again, without a model: the same answers must give the same path."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from aplomo.errors import ConfigError, InputError
from aplomo.protocol.model import Outcome, Protocol
from aplomo.walk import walk

__all__ = ["Replay", "protocol_of", "replay", "require_record"]

_FIELDS = ("action", "department", "level", "deadline", "private")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What walking again gave; `differences` are readable, and empty when nothing changed."""

    path: tuple[str, ...]
    outcome: str | None
    pending: str | None
    same_protocol: bool
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether path and outcome are what the record says."""
        return not self.differences


def require_record(data: object, *, where: str) -> Mapping[str, Any]:
    """`data` if it is a decision record. Raises InputError."""
    shape = cast("dict[str, Any]", data) if isinstance(data, dict) else dict[str, Any]()
    if shape.get("schema") != "aplomo.decision/1":
        schema = shape.get("schema", "none")
        raise InputError(f"is not a decision record (schema: {schema})", where=where)
    lacking = {"comment", "protocol", "answers", "path", "outcome", "reply"} - set(shape)
    if lacking:
        raise InputError(f"lacks {', '.join(sorted(lacking))}", where=where)
    return shape


def protocol_of(record: Mapping[str, Any], find: Callable[[str], Protocol]) -> Protocol | None:
    """The protocol a record was made with, the very same or a later one; None when it is gone."""
    try:
        return find(record["protocol"]["id"])
    except ConfigError:
        return None


def replay(record: Mapping[str, Any], protocol: Protocol) -> Replay:
    """Walk `protocol` with the record's own answers, and say where it goes another way."""
    answers: Mapping[str, Mapping[str, Any]] = record["answers"]
    steps = walk(protocol)
    path: list[str] = []
    outcome: Outcome | None = None
    pending: str | None = None
    try:
        question = next(steps)
        while question.id in answers:
            if question.id not in path:
                path.append(question.id)
            question = steps.send(answers[question.id]["answer"])
        pending = question.id
    except StopIteration as stop:
        outcome = stop.value
    return Replay(
        path=tuple(path),
        outcome=outcome.id if outcome else None,
        pending=pending,
        same_protocol=record["protocol"]["sha256"] == protocol.sha256,
        differences=tuple(_differences(record, path, outcome, pending)),
    )


def _differences(
    record: Mapping[str, Any], path: list[str], outcome: Outcome | None, pending: str | None
) -> list[str]:
    found: list[str] = []
    if path != record["path"]:
        found.append(f"path: was {_joined(record['path'])}, is {_joined(path)}")
    was = record["outcome"]
    before, now = was["id"] if was else None, outcome.id if outcome else None
    if before != now:
        found.append(f"outcome: was {before}, is {now}")
    elif was and outcome:
        for name in _FIELDS:
            old, new = was[name] or None, getattr(outcome, name) or None
            if old != new:
                found.append(f"{name}: was {old}, is {new}")
    if pending != record.get("pending"):
        found.append(f"pending: was {record.get('pending')}, is {pending}")
    return found


def _joined(path: list[str]) -> str:
    return " → ".join(path) or "nothing"
