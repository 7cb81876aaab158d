"""Cases, and what became of them, put together by hand for the tests of what follows a run."""

from collections.abc import Mapping
from typing import Any, Literal

from aplomo import Comment
from aplomo.evals.cases import Case
from aplomo.evals.result import CallResult, CaseResult, RunResult

PROTOCOL = "small"
ANSWER_CALL = CallResult(purpose="answer:1", key="k1", input_tokens=100, output_tokens=20)


def case(
    id_: str,
    *,
    outcome: str | None = "thank",
    answers: Mapping[str, Literal["yes", "no"]] | None = None,
    checks: tuple[str, ...] = (),
    must_pass: bool = False,
    text: str = "El pan de hoy, de diez",
    lang: str = "es",
) -> Case:
    return Case(
        id=id_,
        split="test",
        comment=Comment(text=text, lang=lang),
        answers=answers or {},
        outcomes={PROTOCOL: outcome} if outcome else {},
        checks=checks,
        must_pass=must_pass,
    )


def answer(got: str, *, sure: float | None = 0.9, logit: float | None = 2.0) -> dict[str, Any]:
    return {
        "answer": got,
        "by": "model",
        "confidence": sure,
        "logit": logit,
        "evidence": "de diez" if got == "yes" else None,
        "reason": None,
    }


def record(
    outcome: str | None = "thank",
    *,
    action: str = "reply",
    answers: Mapping[str, Any] | None = None,
    path: tuple[str, ...] = ("positive",),
    status: str = "ready",
    text: str | None = "¡Gracias, vecina!",
    origin: str = "model",
    failed: str | None = None,
    repaired: bool = False,
    notes: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The parts of a decision record that are read of it."""
    checks = [
        {"check": name, "passed": name != failed, "detail": f"about {name}"}
        for name in ("length", "promises")
    ]
    reply = {"text": text, "private_text": None, "origin": origin, "facts": [], "checks": checks}
    return {
        "schema": "aplomo.decision/1",
        "outcome": {"id": outcome, "action": action} if outcome else None,
        "pending": None if outcome else "worth",
        "answers": answers or {"positive": answer("yes")},
        "path": list(path),
        "status": status,
        "why": "because",
        "reply": reply if text else None,
        "notes": list(notes),
        "prompts": {"answer": "a", "draft": "d"} | ({"repair": "r"} if repaired else {}),
    }


def result(id_: str, decision: Mapping[str, Any] | None = None, **changes: Any) -> CaseResult:
    given: dict[str, Any] = {"calls": (ANSWER_CALL,), "seconds": 0.5} | changes
    if decision is None and "error" not in changes:
        decision = record()
    return CaseResult(case=id_, suite="core", protocol=PROTOCOL, decision=decision, **given)


def run(*results: CaseResult, **changes: Any) -> RunResult:
    given: dict[str, Any] = {
        "protocol_sha256": "p1",
        "model": "m",
        "started": "2026-01-01T00:00:00+00:00",
        "full": True,
        "prompts": {"answer": "a"},
        "served": len(results),
    } | changes
    return RunResult(suite="core", protocol=PROTOCOL, results=results, **given)
