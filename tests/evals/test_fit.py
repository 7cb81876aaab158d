import random
from dataclasses import replace

import pytest

from aplomo.answer.calibration import Curve
from aplomo.comment import Comment
from aplomo.evals.cases import Case, Split
from aplomo.evals.fit import fit, score
from aplomo.evals.measure import Measured, of_round, sample


def measured(count: int, gap: float, seed: int = 1) -> list[Measured]:
    """Log-odds of two answers, normal, `gap` apart, and shifted off zero."""
    chance = random.Random(seed)
    made: list[Measured] = []
    for number in range(count):
        yes = number % 4 == 0
        case = Case(
            id=str(number),
            split="calibration",
            comment=Comment(text="t"),
            answers={"q": "yes" if yes else "no"},
        )
        logit = chance.gauss(-3 + gap * yes, 1)
        made.append(Measured(case=case, logits={"q": logit}))
    return made


def test_the_curve_moves_the_threshold_to_where_the_answers_part() -> None:
    curve = fit(measured(400, 4), "q", unsure_share=0.05)
    found = score(measured(400, 4, seed=2), "q", curve)
    assert found is not None
    assert found.auc > 0.98
    assert found.balanced_accuracy > 0.95
    assert 0 < found.unsure < 0.12
    assert _verdict(curve, 0.0) == "yes"
    assert _verdict(curve, -2.5) == "no"


def _verdict(curve: Curve, logit: float) -> str:
    likely = curve.probability({"q": logit})
    assert likely is not None
    return curve.verdict(likely)


def test_other_questions_count_where_they_tell_more() -> None:
    chance = random.Random(7)
    cases: list[Measured] = []
    for number, one in enumerate(measured(300, 1.5)):
        yes = one.case.answers["q"] == "yes"
        telling = {**one.logits, "other": chance.gauss(4 if yes else -4, 1), "noise": number % 3}
        cases.append(replace(one, logits=telling))
    curve = fit(cases, "q", unsure_share=0.05)
    assert set(curve.weights) == {"q", "other", "noise"}
    assert curve.weights["other"] > abs(curve.weights["noise"])
    found = score(cases, "q", curve)
    assert found is not None
    assert found.auc > 0.98


def test_a_question_that_says_it_all_stands_alone() -> None:
    cases = [
        replace(one, logits={**one.logits, "noise": float(number % 5)})
        for number, one in enumerate(measured(300, 6))
    ]
    assert set(fit(cases, "q", unsure_share=0.05).weights) == {"q"}


def test_no_band_sends_nobody_to_a_person() -> None:
    curve = fit(measured(100, 2), "q", unsure_share=0.0)
    assert curve.yes_from - curve.no_below < 0.1


def test_one_answer_alone_cannot_be_fitted_or_scored() -> None:
    only_no = [one for one in measured(20, 1) if one.case.answers["q"] == "no"]
    assert score(only_no, "q", fit(measured(20, 4), "q", unsure_share=0.0)) is None
    with pytest.raises(ValueError, match="classes"):
        fit(only_no, "q", unsure_share=0.0)


def test_a_sample_is_spread_over_the_file_and_over_both_splits() -> None:
    splits: tuple[Split, ...] = ("calibration", "test")
    cases = [
        Case(id=f"{split}{n}", split=split, comment=Comment(text="t"), answers={})
        for split in splits
        for n in range(10)
    ]
    ids = [case.id for case in sample(cases, 2)]
    assert ids == ["calibration0", "calibration5", "test0", "test5"]
    assert len(sample(cases, None)) == 20


def test_costs_move_the_thresholds() -> None:
    cases = measured(400, 2)
    careful = fit(cases, "q", unsure_share=0.05, costs=(50, 1, 1))
    lax = fit(cases, "q", unsure_share=0.05, costs=(1, 50, 50))
    assert careful.yes_from < lax.yes_from
    assert careful.weights == lax.weights


def test_a_later_round_is_asked_of_as_many_without_a_yes_as_with() -> None:
    cases = [
        Case(
            id=f"{split}{n}",
            split=split,
            comment=Comment(text="t"),
            answers={"threat": "yes" if n < 3 else "no"},
        )
        for split in ("calibration", "test")
        for n in range(20)
    ]
    chosen = of_round(cases, ["threat", "legal"], first=False)
    assert [case.answers["threat"] for case in chosen].count("yes") == 6
    assert len(chosen) == 12
    assert len(of_round(cases, ["threat"], first=True)) == 40
    assert of_round(cases, ["legal"], first=False) == []
