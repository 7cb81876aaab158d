import json
from pathlib import Path
from typing import Any

import pytest

from aplomo.errors import ConfigError, UsageError
from aplomo.evals.baseline import accept, load_baseline
from aplomo.evals.cases import Case
from aplomo.evals.compare import Comparison, compare
from aplomo.evals.result import CaseResult
from aplomo.evals.snapshot import judged
from evals_made import answer, case, record, result, run

LABELLED = case("a", answers={"positive": "yes"})
WRONG = record(
    "listen", action="no_reply", status="no_reply", text=None, answers={"positive": answer("no")}
)


def compared(
    before: CaseResult | None,
    after: CaseResult | None,
    labelled: Case = LABELLED,
    *,
    full: bool = True,
) -> Comparison:
    was = [before] if before else []
    now = [after] if after else []
    baseline = accept(run(*was), judged([labelled], was))
    known = {labelled.id: labelled}
    return compare(baseline, judged([labelled], now), full=full, cases=known)


def test_nothing_changed() -> None:
    assert compared(result("a"), result("a", seconds=99.0)) == Comparison(changes=(), same=1)


def test_broken_names_every_verdict_that_was_lost() -> None:
    [change] = compared(result("a"), result("a", WRONG)).changes
    assert change.kind == "broken"
    assert [(f.name, f.before, f.after) for f in change.flips] == [
        ("outcome", "pass", "fail"),
        ("answer:positive", "pass", "fail"),
    ]
    assert (change.before.outcome, change.after.outcome) == ("thank", "listen")  # type: ignore[union-attr]


def test_fixed() -> None:
    comparison = compared(result("a", WRONG), result("a"))
    assert [change.kind for change in comparison.changes] == ["fixed"]
    assert comparison.flips("outcome") == (0, 1)


def test_a_verdict_lost_outweighs_one_gained() -> None:
    right_answer_wrong_end = record("listen", action="no_reply", text=None)
    wrong_answer_right_end = record(answers={"positive": answer("no")})
    comparison = compared(result("a", right_answer_wrong_end), result("a", wrong_answer_right_end))
    assert [change.kind for change in comparison.changes] == ["broken"]
    assert comparison.flips("outcome") == (0, 1)
    assert comparison.flips("answer:positive") == (1, 0)


def test_another_way_to_the_same_verdicts() -> None:
    given = {"spam": answer("no"), "positive": answer("yes")}
    detour = record(path=("spam", "positive"), answers=given)
    assert [c.kind for c in compared(result("a"), result("a", detour)).changes] == ["path"]


def test_another_wording() -> None:
    other = record(text="¡Muchas gracias!")
    assert [c.kind for c in compared(result("a"), result("a", other)).changes] == ["wording"]


def test_an_error_breaks_what_passed() -> None:
    [change] = compared(result("a"), result("a", error="the server is down")).changes
    assert change.kind == "error"
    assert [flip.after for flip in change.flips] == ["error", "error"]


def test_new_and_gone() -> None:
    assert [c.kind for c in compared(None, result("a")).changes] == ["new"]
    assert [c.kind for c in compared(result("a"), None).changes] == ["gone"]
    assert compared(result("a"), None, full=False).changes == ()


def test_a_label_that_is_new_flips_nothing() -> None:
    before = accept(run(result("a")), judged([case("a")], [result("a")]))
    now = judged([LABELLED], [result("a")])
    assert compare(before, now, full=True, cases={"a": LABELLED}).changes == ()


def test_the_gravest_first() -> None:
    cases = [case(name) for name in "abc"]
    baseline = accept(run(), judged(cases, [result("a"), result("b"), result("c", WRONG)]))
    now = [result("a", record(text="otra")), result("b", WRONG), result("c")]
    kinds = [c.kind for c in compare(baseline, judged(cases, now), full=True, cases={}).changes]
    assert kinds == ["broken", "fixed", "wording"]


def test_equal_runs_give_equal_bytes_whatever_the_order(tmp_path: Path) -> None:
    cases = [case("a"), case("b")]
    there = accept(run(), judged(cases, [result("a"), result("b", seconds=1.0)])).to_json()
    back = accept(run(), judged(cases, [result("b", seconds=2.0), result("a")])).to_json()
    assert there == back
    path = tmp_path / "baseline.json"
    path.write_text(there, encoding="utf-8")
    baseline = load_baseline(path)
    assert baseline is not None
    assert baseline.to_json() == there
    assert json.loads(there)["cases"]["a"]["reply"] == "¡Gracias, vecina!"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"full": False}, "core under small: only a full run can be accepted"),
        ({"missed": 3}, "core under small: 3 calls have no recording"),
    ],
)
def test_only_a_full_run_is_accepted(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        accept(run(result("a"), **changes), judged([LABELLED], [result("a")]))


def test_a_run_with_an_error_is_not_accepted() -> None:
    failed = result("a", error="down")
    with pytest.raises(UsageError, match="1 of 1 cases ended in an error: a"):
        accept(run(failed), judged([LABELLED], [failed]))


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"schema": "other"}', '{"schema": "aplomo.baseline/1"}']
)
def test_a_broken_baseline_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="baseline is broken") as caught:
        load_baseline(path)
    assert caught.value.where == str(path)


def test_no_baseline_yet(tmp_path: Path) -> None:
    assert load_baseline(tmp_path / "baseline.json") is None
