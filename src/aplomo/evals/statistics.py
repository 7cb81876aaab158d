"""The two tests a gate needs: the lower bound of a share, and whether flips are more than noise."""

import math
from statistics import NormalDist
from typing import Any

__all__ = ["cases_needed", "mcnemar_worse", "wilson_lower"]


def wilson_lower(passed: int, cases: int, confidence: float = 0.95) -> float:
    """Lower end of the Wilson interval of `passed` of `cases`, in 0..1; 0.0 without cases."""
    from scipy import stats

    if cases == 0:
        return 0.0
    library: Any = stats  # scipy has no complete types
    interval = library.binomtest(passed, cases).proportion_ci(confidence, method="wilson")
    return float(interval.low)


def cases_needed(threshold: float, confidence: float = 0.95) -> int:
    """The fewest cases with which a share can be shown to be at least `threshold`, all passing.

    `threshold` is below 1: no number of cases shows certainty.
    """
    # When all of n pass, the Wilson interval begins at n / (n + z²).
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return math.ceil(z * z * threshold / (1 - threshold))


def mcnemar_worse(broken: int, fixed: int) -> float:
    """One-sided exact McNemar: the chance of at least `broken` of all flips being for the worse.

    1.0 without flips. Every pair of a flip is a case before and after.
    """
    from scipy import stats

    library: Any = stats
    flips = broken + fixed
    if flips == 0:
        return 1.0
    return float(library.binomtest(broken, flips, 0.5, alternative="greater").pvalue)
