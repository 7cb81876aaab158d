"""The gate: what must hold before a change lands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from aplomo.evals.compare import Comparison
from aplomo.evals.gate_settings import GateSettings
from aplomo.evals.scores import Scores, Share
from aplomo.evals.snapshot import Judged
from aplomo.evals.statistics import cases_needed, mcnemar_worse, wilson_lower

__all__ = ["Finding", "Ruling", "gate", "passed"]

Ruling = Literal["holds", "fails", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One demand and how it was ruled; `cases` are those that a reader must look at.

    `refused` is a demand that no run of so few cases could meet: the gate does not pass with one.
    """

    demand: str
    ruling: Ruling
    detail: str
    cases: tuple[str, ...] = ()


def gate(
    settings: GateSettings,
    judged: Sequence[Judged],
    scores: Scores,
    comparison: Comparison | None,
) -> tuple[Finding, ...]:
    """Every demand of `settings` on a run, ruled. `comparison` is None without a baseline."""
    return (
        _errors(settings, judged),
        _must_pass(judged, comparison),
        *_thresholds(settings, scores),
        *_relative(settings, judged, comparison),
        *_budgets(settings, scores),
    )


def passed(findings: Sequence[Finding]) -> bool:
    """Whether the change may land."""
    return all(finding.ruling == "holds" for finding in findings)


def _ruled(demand: str, holds: bool, detail: str, cases: Sequence[str] = ()) -> Finding:
    ruling: Ruling = "holds" if holds else "fails"
    return Finding(demand=demand, ruling=ruling, detail=detail, cases=tuple(cases))


def _must_pass(judged: Sequence[Judged], comparison: Comparison | None) -> Finding:
    """No verdict of a must_pass case may be lost, and a new such case passes from the start."""
    before = {change.id: change for change in (comparison.changes if comparison else ())}
    must = [one for one in judged if one.case.must_pass]
    lost: list[str] = []
    for one in must:
        change = before.get(one.case.id)
        if comparison is None or (change is not None and change.before is None):
            states = one.snapshot.verdicts.values()
            bad = one.snapshot.error is not None or any(state != "pass" for state in states)
        else:
            bad = change is not None and (
                change.kind == "error" or any(flip.broken for flip in change.flips)
            )
        if bad:
            lost.append(one.case.id)
    detail = f"{len(lost)} of {len(must)} lost"
    return _ruled("must_pass cases keep every verdict", not lost, detail, lost)


def _thresholds(settings: GateSettings, scores: Scores) -> Iterator[Finding]:
    for metric, threshold in settings.at_least.items():
        share = scores.shares.get(metric, Share(passed=0, cases=0))
        demand = f"{metric} at least {threshold:.2f}"
        confidence = settings.confidence
        if wilson_lower(share.cases, share.cases, confidence) < threshold:
            need = cases_needed(threshold, confidence)
            have = f"too few cases: {share.cases}" if share.cases else "no case is judged by it"
            detail = f"{have}, and {need} that all pass are needed to show it"
            yield Finding(demand=demand, ruling="refused", detail=detail)
            continue
        low = wilson_lower(share.passed, share.cases, confidence)
        detail = (
            f"{share.passed}/{share.cases} = {share.share:.3f}, lower bound {low:.3f}"
            f" at {confidence:.0%}"
        )
        yield _ruled(demand, low >= threshold, detail)


def _relative(
    settings: GateSettings, judged: Sequence[Judged], comparison: Comparison | None
) -> Iterator[Finding]:
    """Every kind of verdict that flipped: is it worse by more than chance would do?"""
    if comparison is None:
        hint = "no baseline to compare with: aplomo evals accept"
        yield _ruled("no worse than the baseline", holds=False, detail=hint)
        return
    names = dict.fromkeys(flip.name for change in comparison.changes for flip in change.flips)
    worse = False
    for name in names:
        broken, fixed = comparison.flips(name)
        if not broken:
            continue
        p = mcnemar_worse(broken, fixed)
        ids = [
            change.id
            for change in comparison.changes
            if change.kind != "error"
            and any(flip.name == name and flip.broken for flip in change.flips)
        ]
        detail = f"{broken} broke, {fixed} fixed, p = {p:.3f} (McNemar, one-sided, exact)"
        yield _ruled(f"{name} no worse than the baseline", p >= settings.significance, detail, ids)
        worse = True
    if not worse:
        detail = f"no verdict broke in {len(judged)} cases"
        yield _ruled("no worse than the baseline", holds=True, detail=detail)


def _errors(settings: GateSettings, judged: Sequence[Judged]) -> Finding:
    failed = [one.case.id for one in judged if one.snapshot.error is not None]
    demand = f"at most {settings.errors} cases end in an error"
    return _ruled(demand, len(failed) <= settings.errors, f"{len(failed)} did", failed)


def _budgets(settings: GateSettings, scores: Scores) -> Iterator[Finding]:
    cases, cost = max(scores.cases, 1), scores.cost
    tokens = cost.input_tokens + cost.output_tokens
    budgets = (
        ("calls a case, on average", settings.calls, cost.calls / cases),
        ("tokens a case, on average", settings.tokens, tokens / cases),
        ("seconds a case, at 95 %", settings.seconds, cost.seconds_p95),
    )
    for name, most, got in budgets:
        if most is not None:
            yield _ruled(f"at most {most:g} {name}", got <= most, f"{got:.2f}")
