"""The record of one comment: enough to explain the decision, replay it, and audit it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aplomo.comment import Comment
from aplomo.llm.port import Usage
from aplomo.protocol.model import Outcome, in_language
from aplomo.reply import Reply
from aplomo.walk import Answer

__all__ = ["SCHEMA", "Decision", "Route", "Status", "status_of", "why"]

SCHEMA = "aplomo.decision/1"
Status = Literal["ready", "needs_human", "no_reply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How far a walk came: to an outcome, or to the `pending` question only a person can answer."""

    path: tuple[str, ...]
    outcome: Outcome | None
    pending: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided for one comment, and why.

    `pending` is the id of a question that only a person can answer (the walk stopped there and
    `outcome` is None); `notes` are things a reader should know: a failed model, missing
    calibration, a draft that was replaced. `undecided` says that the comment goes to a person only
    because the model failed. `seconds` is wall-clock time, `cost` in the
    currency of the prices given, None without any.
    """

    id: str
    created_at: str
    comment: Comment
    protocol: Mapping[str, str]
    answers: Mapping[str, Answer]
    path: tuple[str, ...]
    outcome: Outcome | None
    status: Status
    why: str
    reply: Reply | None = None
    pending: str | None = None
    notes: tuple[str, ...] = ()
    model: Mapping[str, str] | None = None
    prompts: Mapping[str, str] = field(default_factory=dict[str, str])
    calibration: str = "none"
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    cost: float | None = None
    undecided: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The decision record `aplomo.decision/1`, in its documented key order."""
        return {
            "schema": SCHEMA,
            "id": self.id,
            "created_at": self.created_at,
            "comment": self.comment.to_dict(),
            "protocol": dict(self.protocol),
            "answers": {name: _answer(answer) for name, answer in self.answers.items()},
            "path": list(self.path),
            "outcome": _outcome(self.outcome) if self.outcome else None,
            "status": self.status,
            "why": self.why,
            "reply": self.reply.to_dict() if self.reply else None,
            "pending": self.pending,
            "notes": list(self.notes),
            "model": dict(self.model) if self.model else None,
            "prompts": dict(self.prompts),
            "calibration": self.calibration,
            "usage": {
                "calls": self.usage.calls,
                "input_tokens": self.usage.input_tokens,
                "output_tokens": self.usage.output_tokens,
                "seconds": round(self.seconds, 3),
                "cost": self.cost,
            },
        }


def _answer(answer: Answer) -> dict[str, Any]:
    names = ("answer", "by", "confidence", "logit", "evidence", "reason")
    fact = {"fact": answer.fact} if answer.fact else {}
    return {name: getattr(answer, name) for name in names} | fact


def _outcome(outcome: Outcome) -> dict[str, Any]:
    names = ("id", "action", "department", "level", "deadline", "private")
    return {name: getattr(outcome, name) or None for name in names} | {"private": outcome.private}


def status_of(route: Route, reply: Reply | None, *, drafted: bool) -> Status:
    """What a person has to do: approve a ready reply, nothing, or decide.

    With drafting off, a reply outcome counts as ready: there is nothing to check.
    """
    if route.outcome is None or route.outcome.action == "escalate":
        return "needs_human"
    if route.outcome.action != "reply":
        return "no_reply"
    return "ready" if not drafted or (reply is not None and reply.passed) else "needs_human"


def why(route: Route, answers: Mapping[str, Answer], lang: str | None) -> str:
    """One line: the last answer that was not a no, its evidence or reason, and the outcome."""
    if route.outcome is None:
        return f"only a person can answer: {route.pending}"
    title = in_language(route.outcome.title, lang)
    outcome = f"{route.outcome.id} ({title})" if title else route.outcome.id
    if not route.path:
        return outcome
    walked = [answers[name] for name in route.path]
    answer = next((a for a in reversed(walked) if a.answer != "no"), walked[-1])
    ground = f"“{answer.evidence}”" if answer.evidence else answer.reason
    because = f"{answer.question}: {answer.answer}" + (f" ({ground})" if ground else "")
    return f"{because} → {outcome}"
