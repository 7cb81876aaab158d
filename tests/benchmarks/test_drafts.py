"""The report on drafts: what is counted as the model's own, and what is not counted."""

from typing import Any

from aplomo.evals.result import CaseResult
from benchmarks.drafts import counted, table


def result(case: str, lang: str = "es", **decision: Any) -> CaseResult:
    outcome = {"id": "restore", "action": "reply"}
    whole = {"comment": {"lang": lang}, "outcome": outcome, "status": "ready", "prompts": ["draft"]}
    whole |= decision
    return CaseResult(case=case, suite="drafts", protocol="p", decision=whole)


def test_own_words_templates_and_persons_are_told_apart() -> None:
    results = [
        result("a", reply={"origin": "model"}),
        result("b", reply={"origin": "template"}),
        result("c", reply={"origin": "model"}, status="needs_human"),
        result("d", reply=None, status="needs_human"),
        result("i", reply={"origin": "template"}, prompts=["answer"]),
        result("e", lang="en", reply={"origin": "model"}),
        result("f", outcome={"id": "listen", "action": "no_reply"}, reply=None),
        result("g", outcome=None, reply=None),
        CaseResult(case="h", suite="drafts", protocol="p", error="no recording"),
    ]
    counts = counted(results)
    assert counts[("restore", "es")] == {"model": 1, "template": 1, "unasked": 1, "person": 2}
    assert set(counts) == {("restore", "es"), ("restore", "en")}
    assert list(table(counts))[-2:] == [
        "| all | es | 5 | 1 (20%) | 1 (20%) | 1 (20%) | 2 (40%) |",
        "| all | all | 6 | 2 (33%) | 1 (17%) | 1 (17%) | 2 (33%) |",
    ]


def test_nothing_drafted_is_no_division_by_zero() -> None:
    assert list(table(counted([])))[-1] == "| all | all | 0 | – | – | – | – |"
