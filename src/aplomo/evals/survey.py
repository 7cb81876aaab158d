"""What a change has made stale, told before anything is spent: a replay with yesterday's answers.

A call without a recording is answered, in this survey only, as the same call of the case was when
it was last recorded. So the walk goes on as it will if the new answer is the old one, and every
call that must be made again is found. What other answers lead to is known when they are there.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aplomo.evals.lock import ModelLock, libraries
from aplomo.evals.parts import changes
from aplomo.evals.recording.asking import Asking
from aplomo.evals.recording.cassette import Unrecorded
from aplomo.evals.recording.tape import Recording, Tape
from aplomo.evals.run import Bench, Progress
from aplomo.evals.session import Session

__all__ = ["MissingCall", "Survey", "survey"]

# Where there is no old recording to ask: from the length of the request, and a usual answer.
_CHARACTERS_A_TOKEN = 3.5
_ANSWER_TOKENS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingCall:
    """A call to be made; its tokens are those of the recording it replaces, else estimated."""

    case: str
    purpose: str
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a recording would do: the calls it makes, and what has changed since the last one.

    `stopped` cases could not be followed beyond their first missing call; `unplayed` recordings
    are asked for no more; `total` is the number of calls that were found, missing or not.
    """

    missing: tuple[MissingCall, ...]
    changed: tuple[str, ...]
    stopped: tuple[str, ...]
    unplayed: int
    total: int

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases with a call to be made, in order."""
        return tuple(dict.fromkeys(call.case for call in self.missing))

    @property
    def purposes(self) -> Mapping[str, int]:
        """How many calls of each question round, and of each kind of draft."""
        return Counter(call.purpose for call in self.missing)

    @property
    def tokens(self) -> tuple[int, int]:
        """Input and output tokens of all the calls."""
        spent = [(call.input_tokens, call.output_tokens) for call in self.missing]
        return sum(given for given, _ in spent), sum(made for _, made in spent)


def survey(
    bench: Bench,
    model: ModelLock,
    tape: Tape,
    ids: Collection[str] = (),
    *,
    before: Iterable[Recording] | None = None,
    progress: Progress | None = None,
) -> Survey:
    """Find the calls that `tape` lacks for the suite, or for the cases named.

    `before` are the recordings whose answers stand in, by default those of the tape.
    """
    missing: list[MissingCall] = []

    def missed(who: Asking, body: str) -> Recording:
        old = session.recorded_before(who)
        given, made = _usage(old) if old else (int(len(body) / _CHARACTERS_A_TOKEN), _ANSWER_TOKENS)
        missing.append(
            MissingCall(case=who.case, purpose=who.purpose, input_tokens=given, output_tokens=made)
        )
        if old is None:
            raise Unrecorded(who.place)
        return old

    with Session(bench, tape=tape, model=model, missed=missed, before=before) as session:
        results = session.run_all(bench.chosen(ids), progress=progress)
        ran = session.result(results)
        parts = session.parts
    return Survey(
        missing=tuple(missing),
        changed=tuple(_changed(bench, model, parts)),
        stopped=tuple(result.case for result in results if result.missed),
        unplayed=ran.unplayed,
        total=sum(len(result.calls) + result.unrecorded for result in results),
    )


def _changed(bench: Bench, model: ModelLock, parts: Mapping[str, str]) -> list[str]:
    """What differs from the lock, in readable lines."""
    if (lock := bench.lock) is None:
        return ["nothing is recorded yet"]
    cases = {f"case {case.id}": case.comment.sha256 for case in bench.chosen()}
    before = {f"case {name}": case.comment for name, case in lock.cases.items()}
    lines = changes(lock.parts, parts) + changes(before, cases)
    if lock.model != model:
        lines.append(f"model: {lock.model.name} → {model.name}")
    old, new = lock.libraries, libraries()
    differing = [name for name in new if old.get(name) != new[name]]
    lines += [f"{name}: {old.get(name)} → {new[name]}" for name in differing]
    return lines


def _usage(one: Recording) -> tuple[int, int]:
    """The tokens that a recorded answer cost."""
    try:
        usage: Any = json.loads(one.response["body"]["string"])["usage"]
        # A text that was only read has no answer, and so no tokens of one.
        return int(usage["prompt_tokens"]), int(usage.get("completion_tokens", 0))
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0, 0
