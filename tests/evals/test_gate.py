from collections.abc import Sequence
from typing import Any

import pytest

from aplomo.errors import ConfigError
from aplomo.evals.baseline import accept
from aplomo.evals.cases import Case
from aplomo.evals.compare import compare
from aplomo.evals.gate import Finding, gate, passed
from aplomo.evals.gate_settings import GateSettings, gate_settings
from aplomo.evals.result import CaseResult
from aplomo.evals.scores import scores
from aplomo.evals.snapshot import judged
from aplomo.evals.statistics import cases_needed, mcnemar_worse, wilson_lower
from evals_made import answer, case, record, result, run
from suite_made import Made, aplomo

WRONG = record("listen", action="no_reply", status="no_reply", text=None)


def ruled(
    cases: Sequence[Case],
    before: Sequence[CaseResult] | None,
    after: Sequence[CaseResult],
    **settings: Any,
) -> dict[str, Finding]:
    comparison = None
    now = judged(cases, after)
    if before is not None:
        baseline = accept(run(*before), judged(cases, before))
        comparison = compare(baseline, now, full=True, cases={c.id: c for c in cases})
    found = gate(GateSettings(**settings), now, scores(now), comparison)
    return {finding.demand: finding for finding in found}


def many(count: int, wrong: int = 0) -> tuple[list[Case], list[CaseResult]]:
    cases = [case(f"c{n:03}") for n in range(count)]
    results = [result(c.id, WRONG if n < wrong else None) for n, c in enumerate(cases)]
    return cases, results


def test_an_unchanged_run_passes() -> None:
    cases, results = many(3)
    assert passed(tuple(ruled(cases, results, results).values()))


def test_a_must_pass_case_that_flips_fails_alone() -> None:
    cases = [case("a", must_pass=True), case("b")]
    good = [result("a"), result("b")]
    found = ruled(cases, good, [result("a", WRONG), result("b")])
    must = found["must_pass cases keep every verdict"]
    assert (must.ruling, must.cases) == ("fails", ("a",))
    assert found["outcome no worse than the baseline"].ruling == "holds"  # one flip may be chance
    other = ruled(cases, good, [result("a"), result("b", WRONG)])
    assert other["must_pass cases keep every verdict"].ruling == "holds"


def test_a_must_pass_case_that_ends_in_an_error_is_lost() -> None:
    cases = [case("a", must_pass=True)]
    found = ruled(cases, [result("a")], [result("a", error="down")], errors=1)
    assert found["must_pass cases keep every verdict"].cases == ("a",)


def test_a_new_must_pass_case_passes_from_the_start() -> None:
    cases = [case("a", must_pass=True)]
    assert ruled(cases, [], [result("a", WRONG)])["must_pass cases keep every verdict"].cases == (
        "a",
    )
    held = record("human_review", action="escalate", answers={"positive": answer("unsure")})
    assert ruled(cases, [], [result("a", held)])["must_pass cases keep every verdict"].cases == (
        "a",
    )
    assert ruled(cases, [], [result("a")])["must_pass cases keep every verdict"].ruling == "holds"


@pytest.mark.parametrize(("count", "ruling"), [(72, "refused"), (73, "holds")])
def test_a_threshold_that_cannot_be_met_is_refused(count: int, ruling: str) -> None:
    cases, results = many(count)
    found = ruled(cases, results, results, at_least={"outcome": 0.95})["outcome at least 0.95"]
    assert found.ruling == ruling
    if ruling == "refused":
        assert found.detail == "too few cases: 72, and 73 that all pass are needed to show it"


def test_a_threshold_holds_on_the_lower_bound() -> None:
    cases, results = many(200, wrong=10)  # 0.95, from 0.910
    found = ruled(cases, results, results, at_least={"outcome": 0.92})["outcome at least 0.92"]
    assert (found.ruling, found.detail) == ("fails", "190/200 = 0.950, lower bound 0.910 at 95%")
    assert (
        ruled(cases, results, results, at_least={"outcome": 0.91})["outcome at least 0.91"].ruling
        == "holds"
    )


def test_a_threshold_on_what_no_case_labels_is_refused() -> None:
    cases, results = many(3)
    found = ruled(cases, results, results, at_least={"answer:positive": 0.5})
    assert "no case is judged by it" in found["answer:positive at least 0.50"].detail


@pytest.mark.parametrize(
    ("broken", "fixed", "ruling"),
    [
        (4, 0, "holds"),
        (5, 0, "fails"),
        (6, 1, "holds"),
        (7, 1, "fails"),
        (9, 2, "fails"),
        (8, 2, "holds"),
    ],
)
def test_flips_for_the_worse_beyond_chance_fail_and_all_are_listed(
    broken: int, fixed: int, ruling: str
) -> None:
    cases = [case(f"c{n:03}") for n in range(40)]
    good = [result(c.id) for c in cases]
    before = [result(c.id, WRONG) for c in cases[:fixed]] + good[fixed:]
    after = good[: 40 - broken] + [result(c.id, WRONG) for c in cases[40 - broken :]]
    found = ruled(cases, before, after)["outcome no worse than the baseline"]
    assert found.ruling == ruling
    assert len(found.cases) == broken


def test_without_a_baseline_nothing_can_be_said_of_the_change() -> None:
    cases, results = many(1)
    assert ruled(cases, None, results)["no worse than the baseline"].ruling == "fails"


def test_errors_count_in_no_share_but_fail_above_their_cap() -> None:
    cases, results = many(4)
    broken = [*results[:3], result("c003", error="down")]
    assert scores(judged(cases, broken)).shares["outcome"].cases == 3
    demand = "at most 0 cases end in an error"
    assert ruled(cases, results, broken)[demand].cases == ("c003",)
    assert (
        ruled(cases, results, broken, errors=1)["at most 1 cases end in an error"].ruling == "holds"
    )


def test_errors_are_no_flips() -> None:
    cases, results = many(6)
    failed = [result(c.id, error="down") for c in cases]
    found = ruled(cases, results, failed, errors=6)
    assert found["no worse than the baseline"].ruling == "holds"


def test_budgets() -> None:
    cases, results = many(2)
    found = ruled(cases, results, results, calls=0.5, tokens=120, seconds=0.4)
    assert [found[name].ruling for name in found if "a case" in name] == ["fails", "holds", "fails"]


def test_the_figures_of_the_statistics() -> None:
    assert wilson_lower(50, 50) == pytest.approx(0.929, abs=5e-4)
    assert wilson_lower(475, 500) == pytest.approx(0.927, abs=5e-4)
    assert wilson_lower(0, 0) == 0.0
    assert cases_needed(0.95) == 73
    assert cases_needed(0.5) == 4
    assert mcnemar_worse(10, 3) == pytest.approx(0.0461, abs=5e-5)
    assert mcnemar_worse(0, 0) == 1.0


def test_settings_of_a_suite_come_before_those_of_all() -> None:
    table = {
        "evals": {
            "gate": {
                "calls": 3,
                "at_least": {"outcome": 0.6, "answers": {"positive": 0.7, "smear": {"yes": 0.8}}},
                "suites": {"hostile": {"errors": 2, "at_least": {"outcome": 0.9}}},
            }
        }
    }
    suites = ("core", "hostile")
    core, hostile = (gate_settings(table, name, "aplomo.toml", suites) for name in suites)
    assert core == GateSettings(
        calls=3.0, at_least={"outcome": 0.6, "answer:positive": 0.7, "answer:smear=yes": 0.8}
    )
    assert (hostile.errors, hostile.at_least["outcome"], hostile.calls) == (2, 0.9, 3.0)


def test_no_settings_are_the_defaults() -> None:
    assert gate_settings({}, "core", "aplomo.toml") == GateSettings()


@pytest.mark.parametrize(
    ("gate_table", "message"),
    [
        ({"call": 3}, r"evals\.gate\.call is not known \(did you mean 'calls'\?\)"),
        (
            {"at_least": {"outcom": 0.5}},
            r"evals\.gate\.at_least\.outcom is not known \(did you mean",
        ),
        (
            {"at_least": {"outcome": 95}},
            r"evals\.gate\.at_least\.outcome: input should be less than 1",
        ),
        ({"suites": {"core": {"errors": -1}}}, r"evals\.gate\.suites\.core\.errors: input should"),
        ({"confidence": "high"}, r"evals\.gate\.confidence: input should be a valid number"),
        ({"suites": {"cor": {"errors": 1}}}, r"evals\.gate\.suites\.cor is no suite"),
        ([], r"is not a table"),
    ],
)
def test_wrong_settings_are_named(gate_table: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        gate_settings({"evals": {"gate": gate_table}}, "core", "aplomo.toml")


@pytest.mark.parametrize(
    ("evals", "message"),
    [({"gates": {"calls": 3}}, r"unknown key 'evals\.gates'"), ([], "'evals' is not a table")],
)
def test_a_gate_under_another_name_is_not_silently_off(evals: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        gate_settings({"evals": evals}, "core", "aplomo.toml")
    assert refused.value.where == "aplomo.toml"
    assert refused.value.hint


def test_the_gate_of_a_suite_that_is_not_there_is_refused(recorded: Made) -> None:
    table = "[evals.gate.suites.{}]\nerrors = 1\n"
    (recorded.root / "aplomo.toml").write_text(table.format("min"), encoding="utf-8")
    told = aplomo("diff", "mini").exception
    assert isinstance(told, ConfigError)
    assert told.hint == "did you mean 'mini'?"
    other = recorded.root / "evals" / "other" / "cases.yaml"
    other.parent.mkdir()
    other.write_text('suite: "others"\n', encoding="utf-8")
    (recorded.root / "aplomo.toml").write_text(table.format("others"), encoding="utf-8")
    assert "no baseline" in aplomo("diff", "mini").output
