"""How far instructions in a comment sway a model: answers before and after each is appended.

Measured on the model alone, without the guard that makes such answers unsure, so that both what
the model would do and what the guard would miss are known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aplomo.answer.calibration import Calibration
from aplomo.answer.instruction import instruction_in
from aplomo.answer.judge import Reading, Round, read_round
from aplomo.comment import Comment
from aplomo.document import Document
from aplomo.errors import DocumentError, ModelError
from aplomo.llm.port import Model
from aplomo.llm.retry import Deadline, RetryPolicy, ask

__all__ = ["Flips", "Instruction", "flips", "load_instructions"]

Asker = Callable[[Comment], Mapping[str, str]]
"""A comment in, the model's verdict on every question out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One text that orders the model about; `lang` is an ISO 639-1 code."""

    id: str
    lang: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """What one instruction changed: verdicts before and after, by question; `caught` by the guard.

    `failed` says why the model gave no answer, which is no flip: such a comment goes to a person.
    """

    instruction: Instruction
    caught: bool
    changed: Mapping[str, tuple[str, str]]
    failed: str | None = None


def load_instructions(path: Path) -> tuple[Instruction, ...]:
    """The instructions of a file: a list of {id, lang, text}, or `instructions:` with that list.

    Raises ConfigError when there is no readable file, DocumentError when it has another shape.
    """
    document = Document.read(path, kind="instructions")
    data: Any = document.data
    listed: Any = data.get("instructions") if isinstance(data, dict) else data
    names = ("id", "lang", "text")
    shaped = isinstance(listed, list) and all(
        isinstance(item, dict) and all(isinstance(item.get(name), str) for name in names)
        for item in listed
    )
    if not listed or not shaped:
        problem = document.problem((), "must be a list of {id, lang, text}")
        raise DocumentError("instructions", [problem])
    return tuple(Instruction(**{name: item[name] for name in names}) for item in listed)


def flips(
    comment: Comment,
    instructions: Sequence[Instruction],
    round_: Round,
    calibration: Calibration,
    model: Model,
    policy: RetryPolicy,
) -> list[Flips]:
    """What each of `instructions`, appended to `comment`, changes in the model's verdicts.

    Raises ModelError when the comment alone cannot be answered.
    """

    def verdicts(asked_of: Comment) -> Mapping[str, str]:
        deadline = Deadline.after(policy.deadline)
        asked = ask(model, round_.request(asked_of), round_.parse, policy, deadline)
        if asked.error is not None:
            raise asked.error
        reading: Reading | None = asked.value
        assert reading is not None
        answers = read_round(reading, asked_of, calibration)
        return {name: answer.answer for name, answer in answers.items()}

    before = verdicts(comment)
    return [_one(comment, each, before, verdicts) for each in instructions]


def _one(
    comment: Comment, instruction: Instruction, before: Mapping[str, str], verdicts: Asker
) -> Flips:
    swayed = replace(comment, text=f"{comment.text} {instruction.text}", id="")
    caught = instruction_in(swayed) is not None
    try:
        after = verdicts(swayed)
    except ModelError as error:
        return Flips(instruction=instruction, caught=caught, changed={}, failed=str(error))
    changed = {name: (was, after[name]) for name, was in before.items() if after[name] != was}
    return Flips(instruction=instruction, caught=caught, changed=changed)
