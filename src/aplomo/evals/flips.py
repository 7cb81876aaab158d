"""How far instructions in a comment sway a model: answers before and after each is appended.

Measured on the model alone, without the guard that makes such answers unsure, so that both what
the model would do and what the guard would miss are known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from aplomo.answer.calibration import Calibration
from aplomo.answer.instruction import instruction_in
from aplomo.answer.judge import Reading, Round, read_round
from aplomo.comment import Comment
from aplomo.errors import ModelError
from aplomo.evals.cases import Instruction
from aplomo.llm.port import Completion, Model
from aplomo.llm.retry import Deadline, RetryPolicy, ask

__all__ = ["Flips", "flips"]

Asker = Callable[[Comment], tuple[Mapping[str, str], bool]]
"""A comment in; out the model's verdict on every question, and whether its state gives it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """What one instruction changed: verdicts before and after, by question; `caught` by the guard.

    `failed` says why the model gave no answer, which is no flip: such a comment goes to a person.
    """

    instruction: Instruction
    caught: bool
    changed: Mapping[str, tuple[str, str]]
    failed: str | None = None


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

    def verdicts(asked_of: Comment) -> tuple[Mapping[str, str], bool]:
        deadline = Deadline.after(policy.deadline)
        asked = ask(model, round_.request(asked_of), round_.parse, policy, deadline)
        if asked.error is not None:
            raise asked.error
        reading: Reading | None = asked.value
        assert reading is not None
        if calibration.probes:
            told = ask(model, round_.state_request(asked_of), _whole, policy, deadline)
            reading = replace(reading, state=told.value.state if told.value else ())
        answers = read_round(reading, asked_of, calibration)
        sensed = calibration.instruction_in(reading.state) is not None
        return {name: answer.answer for name, answer in answers.items()}, sensed

    before, _ = verdicts(comment)
    return [_one(comment, each, before, verdicts) for each in instructions]


def _whole(completion: Completion) -> Completion:
    return completion


def _one(
    comment: Comment, instruction: Instruction, before: Mapping[str, str], verdicts: Asker
) -> Flips:
    swayed = replace(comment, text=f"{comment.text} {instruction.text}", id="")
    caught = instruction_in(swayed) is not None
    try:
        after, sensed = verdicts(swayed)
    except ModelError as error:
        return Flips(instruction=instruction, caught=caught, changed={}, failed=str(error))
    changed = {name: (was, after[name]) for name, was in before.items() if after[name] != was}
    return Flips(instruction=instruction, caught=caught or sensed, changed=changed)
