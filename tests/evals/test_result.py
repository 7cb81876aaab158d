import json
from pathlib import Path

import pytest

from aplomo.errors import InputError
from aplomo.evals.result import CallResult, CaseResult, RunResult, load_run, stale_words

CASE = CaseResult(
    case="a",
    suite="core",
    protocol="basic-guide",
    decision={"schema": "aplomo.decision/1", "id": "d-1"},
    calls=(CallResult(purpose="answer:1", key="ab", input_tokens=3, output_tokens=2),),
    seconds=0.1234567,
)
FAILED = CaseResult(case="b", suite="core", protocol="basic-guide", error="no", missed=True)


def run(*results: CaseResult, full: bool = True) -> RunResult:
    return RunResult(
        suite="core",
        protocol="basic-guide",
        protocol_sha256="cd",
        model="m",
        started="2026-01-01T00:00:00+00:00",
        full=full,
        results=results,
        prompts={"task": "2", "answer": "1"},
        served=1,
        missed=1,
    )


def test_a_run_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run(CASE, FAILED).to_dict()), encoding="utf-8")
    again = load_run(path)
    assert again.to_dict() == run(CASE, FAILED).to_dict()
    assert again.results[0].calls == CASE.calls
    assert list(again.prompts) == ["answer", "task"]


def test_a_stale_calibration_is_fitted_where_its_cases_have_answers() -> None:
    recorded = stale_words("core", "brand-care", (1, 2), {"calibration", "test"})
    assert "round 1, 2 was fitted under another prompt" in recorded
    assert "aplomo evals calibrate core --replay --protocol brand-care" in recorded
    live = stale_words("core", "brand-care", (1,), {"test"})
    assert "aplomo evals calibrate evals/core/cases.yaml --protocol brand-care" in live


def test_only_a_full_run_without_errors_is_complete() -> None:
    assert run(CASE).complete
    assert not run(CASE, full=False).complete
    assert not run(CASE, FAILED).complete


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "aplomo.run/2"}', "\xff"])
def test_what_is_no_run_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"run\.json"):
        load_run(path)
