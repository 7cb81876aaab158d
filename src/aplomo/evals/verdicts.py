"""One case judged: what its labels say against what became of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aplomo.evals.cases import Case
from aplomo.evals.result import CaseResult

__all__ = ["ANSWER", "CHECK", "OUTCOME", "State", "Verdict", "outcome_of", "verdicts", "worst"]

State = Literal["pass", "unsure", "fail", "error"]
OUTCOME = "outcome"
ANSWER = "answer:"
CHECK = "check:"
STATUSES = ("ready", "no_reply")
"""What a case may ask of the decision itself, beside the checks of its draft."""
_ORDER: tuple[State, ...] = ("pass", "unsure", "fail", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One label of a case against what was got.

    `name` is "outcome", "answer:QUESTION" or "check:NAME". `unsure` means that the case goes to a
    person because an answer was not sure: not right, and not wrong either.
    """

    name: str
    state: State
    expected: str
    got: str


def verdicts(case: Case, result: CaseResult) -> tuple[Verdict, ...]:
    """Every label of `case` that applies under the protocol of `result`, judged.

    An answer that the walk never needed is not judged. When the case ended in an error, its
    outcome and its checks are errors.
    """
    return tuple(_judged(case, result))


def worst(states: Iterable[State]) -> State:
    """The worst of `states`; "pass" when there are none."""
    return _ORDER[max((_ORDER.index(state) for state in states), default=0)]


def outcome_of(decision: Mapping[str, Any]) -> str:
    """The outcome's id, or "pending:QUESTION" when only a person can answer."""
    outcome: Mapping[str, Any] | None = decision["outcome"]
    return outcome["id"] if outcome else f"pending:{decision['pending']}"


def _judged(case: Case, result: CaseResult) -> Iterator[Verdict]:
    expected = case.outcomes.get(result.protocol)
    decision = result.decision
    if decision is None:
        if expected is not None:
            yield Verdict(name=OUTCOME, state="error", expected=expected, got="error")
        for check in case.checks:
            yield Verdict(name=CHECK + check, state="error", expected="passes", got="error")
        return
    if expected is not None:
        yield _outcome(expected, decision)
    answers: Mapping[str, Mapping[str, Any]] = decision["answers"]
    for question, label in case.answers.items():
        if question in answers:
            got: str = answers[question]["answer"]
            state: State = "pass" if got == label else "unsure" if got == "unsure" else "fail"
            yield Verdict(name=ANSWER + question, state=state, expected=label, got=got)
    yield from _checks(case, decision)


def _outcome(expected: str, decision: Mapping[str, Any]) -> Verdict:
    got = outcome_of(decision)
    outcome: Mapping[str, Any] | None = decision["outcome"]
    stopped = outcome is None or outcome["action"] == "escalate"
    unsure = any(decision["answers"][name]["answer"] == "unsure" for name in decision["path"])
    held = stopped and unsure
    state: State = "pass" if got == expected else "unsure" if held else "fail"
    return Verdict(name=OUTCOME, state=state, expected=expected, got=got)


def _checks(case: Case, decision: Mapping[str, Any]) -> Iterator[Verdict]:
    reply: Mapping[str, Any] | None = decision["reply"]
    found = {check["check"]: check for check in reply["checks"]} if reply else {}
    for name in case.checks:
        if name in STATUSES:
            passed, got = decision["status"] == name, decision["status"]
        elif (check := found.get(name)) is not None:
            passed, got = check["passed"], check["detail"]
        else:
            passed, got = False, "no reply to check"
        yield Verdict(
            name=CHECK + name, state="pass" if passed else "fail", expected="passes", got=got
        )
