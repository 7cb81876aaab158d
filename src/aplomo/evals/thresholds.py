"""Where to say no, where to say yes, and where to leave it to a person: by what errors cost."""

import math
from collections.abc import Container, Iterable, Sequence
from itertools import accumulate

from aplomo.errors import UsageError

__all__ = ["Costs", "band", "choose_thresholds", "read_costs"]

Costs = tuple[float, float, float]
"""What a missed yes, a false alarm and a person cost, in one unit."""


def read_costs(given: Iterable[str], questions: Container[str]) -> dict[str, Costs]:
    """Costs by question, out of texts like `threat=50:1:1`.

    Raises UsageError for one of another form, or of none of the `questions`.
    """
    costs: dict[str, Costs] = {}
    for item in given:
        name, _, written = item.partition("=")
        try:
            miss, alarm, person = (float(part) for part in written.split(":"))
        except ValueError:
            hint = "like --cost threat=50:1:1"
            raise UsageError(f"--cost {item!r} is not QUESTION=a:b:c", hint=hint) from None
        if name not in questions:
            raise UsageError(f"--cost names no question of the protocol: '{name}'")
        costs[name] = (miss, alarm, person)
    return costs


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
