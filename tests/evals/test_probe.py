import random

from aplomo.evals.probe import fit_probe


def states(count: int, telling: float) -> tuple[dict[str, list[float]], list[bool]]:
    chance = random.Random(3)
    labels = [number % 3 == 0 for number in range(count)]
    made = {
        str(number): [telling * (1 if yes else -1) + chance.gauss(0, 1)]
        + [chance.gauss(0, 1) for _ in range(31)]
        for number, yes in enumerate(labels)
    }
    return made, labels


def test_a_direction_that_tells_is_found() -> None:
    given, labels = states(120, 2)
    probe = fit_probe(given, labels)
    assert probe is not None
    assert probe.weights[0] == max(probe.weights, key=abs)
    right = [(probe.held_out[str(n)] > 0) == yes for n, yes in enumerate(labels)]
    assert sum(right) > 0.9 * len(right)


def test_a_case_is_scored_by_probes_that_have_not_seen_it() -> None:
    given, labels = states(60, 0)
    probe = fit_probe(given, labels)
    assert probe is not None
    own = [sum(w * x for w, x in zip(probe.weights, s, strict=True)) for s in given.values()]
    seen = sum((score + probe.intercept > 0) == yes for score, yes in zip(own, labels, strict=True))
    unseen = sum((probe.held_out[str(n)] > 0) == yes for n, yes in enumerate(labels))
    assert seen > unseen, "noise is learnt by heart, and is no help with what was not seen"


def test_too_few_of_one_answer_give_none() -> None:
    given, labels = states(21, 2)
    assert sum(labels) == 7
    assert fit_probe(given, labels) is None
