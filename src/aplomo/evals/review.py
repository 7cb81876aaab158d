"""One run with all that is said of it: its cases judged, scored, compared and ruled."""

from collections.abc import Sequence
from dataclasses import dataclass

from aplomo.evals.baseline import Baseline
from aplomo.evals.cases import Case
from aplomo.evals.compare import Comparison, compare
from aplomo.evals.gate import Finding, gate, passed
from aplomo.evals.gate_settings import GateSettings
from aplomo.evals.result import RunResult, stale_words
from aplomo.evals.scores import Scores, scores
from aplomo.evals.snapshot import Judged, judged

__all__ = ["Review", "review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What every report is made of; `comparison` is None without a baseline."""

    run: RunResult
    judged: tuple[Judged, ...]
    demands: GateSettings
    scores: Scores
    comparison: Comparison | None
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.run.suite}/{self.run.protocol}"

    @property
    def passed(self) -> bool:
        """Whether the gate lets the change land."""
        return passed(self.findings)


def review(
    run: RunResult, cases: Sequence[Case], baseline: Baseline | None, settings: GateSettings
) -> Review:
    """Review `run` of the suite with `cases`, against `baseline` when there is one."""
    found = judged(cases, run.results)
    measured = scores(found)
    by_id = {case.id: case for case in cases}
    comparison = compare(baseline, found, full=run.full, cases=by_id) if baseline else None
    findings = gate(settings, found, measured, comparison)
    if run.stale:
        splits = {one.case.split for one in found}
        told = stale_words(run.suite, run.protocol, run.stale, splits)
        demand = "the calibration is of this prompt"
        findings = (Finding(demand=demand, ruling="fails", detail=told), *findings)
    return Review(
        run=run,
        judged=found,
        demands=settings,
        scores=measured,
        comparison=comparison,
        findings=findings,
    )
