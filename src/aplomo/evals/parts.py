"""What requests are made of, each part as a hash under a name a person knows."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

from aplomo.prompt import Prompt
from aplomo.protocol.model import Protocol
from aplomo.run import Kit

__all__ = ["changes", "parts_of"]

_SHORT = 12


def parts_of(kit: Kit, beside: Mapping[str, Prompt]) -> dict[str, str]:
    """The hash of every prompt, question, outcome, schema, fact, and of the voice of the brand.

    `beside` are prompts that are no part of the kit: a judge's.
    """
    prompts = {**kit.prompts, **beside}
    parts = {f"prompt {name}": prompt.sha256 for name, prompt in prompts.items()}
    parts |= {f"fact {name}": _sha256(fact) for name, fact in kit.facts.items()}
    parts |= dict(_of_protocol(kit.protocol))
    parts["brand"] = kit.brand.sha256 or _sha256(kit.brand)
    if kit.rounds:
        for number in kit.protocol.rounds:
            round_ = kit.rounds.round(number)
            parts[f"schema of round {number}"] = _sha256(round_.schema)
            curves = kit.rounds.calibration(round_)
            parts[f"calibration of round {number}"] = _sha256(curves)
    return dict(sorted(parts.items()))


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """One line for each part that is not the same in both."""
    lines: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if before and after:
            lines.append(f"{name}: {before[:_SHORT]} → {after[:_SHORT]}")
        else:
            lines.append(f"{name}: {'is gone' if before else 'is new'}")
    return lines


def _of_protocol(protocol: Protocol) -> Iterator[tuple[str, str]]:
    yield "protocol", protocol.sha256
    for question in protocol.questions.values():
        yield f"question {question.id}", _sha256(question)
    for outcome in protocol.outcomes.values():
        yield f"outcome {outcome.id}", _sha256(outcome)
    for element in protocol.elements.values():
        yield f"element {element.id}", _sha256(element)


def _sha256(value: Any) -> str:
    packed = json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)
    return hashlib.sha256(packed.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {part.name: getattr(value, part.name) for part in fields(value)}
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else str(value)
