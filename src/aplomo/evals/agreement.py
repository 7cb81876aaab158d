"""How a judge's word on drafts compares with what their cases' checks say."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aplomo.evals.result import JUDGE, CallResult
from aplomo.evals.snapshot import Judged
from aplomo.evals.verdicts import CHECK

__all__ = ["Agreement", "agreement"]

DECIDED = ("ready", "not_ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How a judge does on the drafts of labelled cases.

    `counts` are drafts by (label, verdict): the label is "ready" when every check that the case
    names passes, else "not_ready". `kappa` is Cohen's, over the drafts the judge decides; None when
    one of the two says the same of all. `disagreeing` are those of which they say opposite things;
    `calls` what the judge cost.
    """

    counts: Mapping[tuple[str, str], int]
    kappa: float | None
    disagreeing: tuple[Judged, ...]
    calls: tuple[CallResult, ...]

    @property
    def agreed(self) -> int:
        """Drafts of which both say the same."""
        return sum(self.counts.get((verdict, verdict), 0) for verdict in DECIDED)

    @property
    def decided(self) -> int:
        """Drafts that the judge calls ready or not ready."""
        return sum(self.said(verdict) for verdict in DECIDED)

    def said(self, verdict: str) -> int:
        """Drafts of which the judge says this, "unsure" and "missing" too."""
        return sum(count for (_, got), count in self.counts.items() if got == verdict)


def agreement(judged: Sequence[Judged]) -> Agreement | None:
    """Compare over the cases that name checks; None when no judge was asked."""
    if all(one.result.judgement is None for one in judged):
        return None
    pairs = list(_pairs(judged))
    calls = (call for one in judged for call in one.result.calls)
    return Agreement(
        counts=Counter((label, verdict) for label, verdict, _ in pairs),
        kappa=_kappa([(label, verdict) for label, verdict, _ in pairs if verdict in DECIDED]),
        disagreeing=tuple(
            one for label, verdict, one in pairs if verdict in DECIDED and verdict != label
        ),
        calls=tuple(call for call in calls if call.purpose.startswith(JUDGE)),
    )


def _pairs(judged: Sequence[Judged]) -> Iterator[tuple[str, str, Judged]]:
    """Label and verdict of every draft that has both."""
    for one in judged:
        states = [verdict.state for verdict in one.verdicts if verdict.name.startswith(CHECK)]
        if states and one.result.judgement is not None:
            label = "ready" if all(state == "pass" for state in states) else "not_ready"
            yield label, one.result.judgement.verdict, one


def _kappa(decided: Sequence[tuple[str, str]]) -> float | None:
    labels, verdicts = [label for label, _ in decided], [verdict for _, verdict in decided]
    if len(set(labels)) < 2 or len(set(verdicts)) < 2:
        return None
    from sklearn import metrics

    library: Any = metrics  # scikit-learn has no complete types
    return float(library.cohen_kappa_score(labels, verdicts))
