from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.errors import UsageError
from aplomo.evals.thresholds import choose_thresholds

Pairs = list[tuple[float, bool]]


def cost(pairs: Pairs, low: float, high: float, miss: float, alarm: float, person: float) -> float:
    total = 0.0
    for p, label in pairs:
        if p >= high:
            total += 0 if label else alarm
        elif p < low:
            total += miss if label else 0
        else:
            total += person
    return total


def test_apart_they_are_cut_half_way() -> None:
    low, high = choose_thresholds([0.1, 0.2, 0.8, 0.9], [False, False, True, True], 1, 1, 0.5)
    assert low == high == 0.5


def test_a_dear_miss_leaves_the_doubtful_to_a_person() -> None:
    probabilities = [0.05, 0.3, 0.4, 0.6, 0.95]
    labels = [False, True, False, False, True]
    cheap = choose_thresholds(probabilities, labels, 1, 1, 10)
    dear = choose_thresholds(probabilities, labels, 50, 2, 1)
    assert cheap[0] == cheap[1]  # nobody is asked
    assert dear == (pytest.approx(0.175), pytest.approx(0.775))


def test_a_person_for_nothing_sees_all_that_is_not_sure() -> None:
    low, high = choose_thresholds([0.2, 0.8, 0.7, 0.1], [True, False, True, False], 1, 1, 0)
    assert (low, high) == (0.0, 1.0)


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9, 1.0]), st.booleans()), min_size=2, max_size=8),
    st.integers(0, 20), st.integers(0, 20), st.integers(0, 5),
)  # fmt: skip
def test_no_other_pair_costs_less(pairs: Pairs, miss: int, alarm: int, person: int) -> None:
    labels = [label for _, label in pairs]
    if len(set(labels)) < 2:
        return
    low, high = choose_thresholds([p for p, _ in pairs], labels, miss, alarm, person)
    assert low <= high
    cuts = [0.0, 0.05, 0.2, 0.4, 0.7, 0.95, 1.5]
    least = min(
        cost(pairs, a, b, miss, alarm, person) for a, b in combinations_with_replacement(cuts, 2)
    )
    assert cost(pairs, low, high, miss, alarm, person) == least


def test_what_cannot_be_chosen_from_is_refused() -> None:
    with pytest.raises(UsageError, match="a yes, and cases that are a no"):
        choose_thresholds([0.5], [True], 1, 1, 1)
    with pytest.raises(UsageError, match="not negative"):
        choose_thresholds([0.5, 0.6], [True, False], -1, 1, 1)
