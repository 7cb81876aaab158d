"""What is kept of one judged case: enough to show it beside a later run of the same case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aplomo.evals.cases import Case
from aplomo.evals.result import CaseResult
from aplomo.evals.verdicts import CHECK, OUTCOME, State, Verdict, outcome_of, verdicts, worst

__all__ = ["Given", "Judged", "Snapshot", "judged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One answer: by whom, with which log-odds of yes, and on what evidence."""

    answer: str
    by: str
    logit: float | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One case as a run left it; nothing in it differs between equal runs.

    `outcome` is an id, "pending:QUESTION", or "" when there is an `error`. `verdicts` are states by
    name; `tokens` counts what the model read and wrote.
    """

    verdicts: Mapping[str, State]
    outcome: str = ""
    status: str = ""
    path: tuple[str, ...] = ()
    answers: Mapping[str, Given] = field(default_factory=dict[str, Given])
    reply: str | None = None
    private: str | None = None
    origin: str | None = None
    calls: int = 0
    tokens: int = 0
    error: str | None = None

    @property
    def state(self) -> State:
        """Whether the case passes: its outcome and its checks, else its labelled answers."""
        telling: list[State] = [
            state
            for name, state in self.verdicts.items()
            if name == OUTCOME or name.startswith(CHECK)
        ]
        if self.error is not None:
            return "error"
        return worst(telling or self.verdicts.values())

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape inside a baseline; what is empty is left out."""
        shape = {name: getattr(self, name) for name in self.__slots__}
        shape["answers"] = {
            name: {
                key: getattr(given, key)
                for key in Given.__slots__
                if getattr(given, key) is not None
            }
            for name, given in self.answers.items()
        }
        shape |= {"path": list(self.path), "verdicts": dict(self.verdicts)}
        return {name: value for name, value in shape.items() if value not in (None, "", [], {})}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Snapshot":
        """The value that `to_dict` wrote. Raises KeyError, TypeError for anything else."""
        answers = {name: Given(**given) for name, given in data.get("answers", {}).items()}
        read: dict[str, Any] = {"verdicts": {}, "path": ()}
        read.update(data)
        read.update(answers=answers, path=tuple(read["path"]))
        return cls(**read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A case, what became of it, and the verdicts on that."""

    case: Case
    result: CaseResult
    verdicts: tuple[Verdict, ...]
    snapshot: Snapshot


def judged(cases: Sequence[Case], results: Sequence[CaseResult]) -> tuple[Judged, ...]:
    """Every result with the case it belongs to; results of no known case are left out."""
    by_id = {case.id: case for case in cases}
    return tuple(_judge(by_id[result.case], result) for result in results if result.case in by_id)


def _judge(case: Case, result: CaseResult) -> Judged:
    found = verdicts(case, result)
    states: dict[str, State] = {verdict.name: verdict.state for verdict in found}
    return Judged(case=case, result=result, verdicts=found, snapshot=_snapshot(result, states))


def _snapshot(result: CaseResult, states: Mapping[str, State]) -> Snapshot:
    decision = result.decision
    spent = sum(call.input_tokens + call.output_tokens for call in result.deciding)
    cost: dict[str, Any] = {"calls": result.asked, "tokens": spent, "verdicts": states}
    if decision is None:
        return Snapshot(**cost, error=result.error or "no decision")
    reply: Mapping[str, Any] = decision["reply"] or {}
    return Snapshot(
        **cost,
        outcome=outcome_of(decision),
        status=decision["status"],
        path=tuple(decision["path"]),
        answers={name: _given(answer) for name, answer in decision["answers"].items()},
        reply=reply.get("text"),
        private=reply.get("private_text"),
        origin=reply.get("origin"),
    )


def _given(answer: Mapping[str, Any]) -> Given:
    logit = answer["logit"]
    return Given(
        answer=answer["answer"],
        by=answer["by"],
        logit=None if logit is None else round(logit, 3),
        evidence=answer["evidence"],
    )
