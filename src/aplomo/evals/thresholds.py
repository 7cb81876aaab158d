"""Where to say no, where to say yes, and where to leave it to a person: by what errors cost."""

import math
from collections.abc import Sequence
from itertools import accumulate

from aplomo.errors import UsageError

__all__ = ["band", "choose_thresholds"]


def band(probabilities: Sequence[float], share: float) -> tuple[float, float]:
    """The widest pair (no_below, yes_from) around 0.5 with at most `share` of the cases in it."""
    distances = sorted(abs(p - 0.5) for p in probabilities)
    # Just below, and not the nearest figure: cases at that distance stay outside the band, however
    # many there are. A model that is certain gives many cases the very same log-odds.
    at = distances[int(share * len(distances))]
    half = max(0.0, (math.ceil(at * 1e4) - 1) / 1e4)
    return 0.5 - half, 0.5 + half


def choose_thresholds(
    probabilities: Sequence[float],
    labels: Sequence[bool],
    miss_cost: float,
    alarm_cost: float,
    person_cost: float,
) -> tuple[float, float]:
    """The pair (no_below, yes_from) that would have cost least on labelled cases.

    A probability of yes below `no_below` is a no, from `yes_from` on a yes, between them it goes to
    a person. A missed yes costs `miss_cost`, a false alarm `alarm_cost`, a case left to a person
    `person_cost`, all in one unit. Cuts lie half-way between neighbouring cases; of pairs that cost
    the same, the one that leaves most to a person is taken.

    Raises UsageError for negative costs, and for cases of which none is a yes or none a no.
    """
    if min(miss_cost, alarm_cost, person_cost) < 0:
        raise UsageError("costs are not negative")
    if len(set(labels)) < 2:
        raise UsageError("thresholds need cases that are a yes, and cases that are a no")
    pairs = sorted(zip(probabilities, labels, strict=True))
    values = [value for value, _ in pairs]
    places = [0, *(n for n in range(1, len(pairs)) if values[n - 1] < values[n]), len(pairs)]
    yes_before = [0, *accumulate(label for _, label in pairs)]
    all_no = len(pairs) - yes_before[-1]

    def below(n: int) -> float:
        """The cost of a no to the first `n`, less what a person would cost there."""
        return miss_cost * yes_before[n] - person_cost * n

    def above(n: int) -> float:
        """The cost of a yes to all but the first `n`, and of a person for those."""
        return alarm_cost * (all_no - (n - yes_before[n])) + person_cost * n

    best, low, high = float("inf"), 0, len(pairs)
    lowest = 0
    for n in places:
        if below(n) < below(lowest):
            lowest = n
        if below(lowest) + above(n) <= best:
            best, low, high = below(lowest) + above(n), lowest, n
    return _cut(values, low), _cut(values, high)


def _cut(values: Sequence[float], place: int) -> float:
    """A threshold that has the first `place` values under it and the others not."""
    if place == 0:
        return 0.0
    if place == len(values):
        return 1.0 if values[-1] < 1.0 else 1.0 + 1e-9
    return (values[place - 1] + values[place]) / 2
