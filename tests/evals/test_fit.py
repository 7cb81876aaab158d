import random
from dataclasses import replace

import pytest

from aplomo.answer.calibration import Calibration, Curve
from aplomo.comment import Comment
from aplomo.evals.cases import Case, Split
from aplomo.evals.fit import fit, fit_instructions, read_alone, score
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
    assert (found.balanced_accuracy or 0) > 0.95
    assert 0 < found.unsure < 0.12
    assert _verdict(curve, 0.0) == "yes"
    assert _verdict(curve, -2.5) == "no"


def _verdict(curve: Curve, logit: float) -> str:
    likely = curve.probability(logit)
    assert likely is not None
    return curve.verdict(likely)


def with_states(cases: list[Measured], telling: float) -> list[Measured]:
    """The cases with a state of length about one, whose first part parts the answers so far."""
    chance = random.Random(7)
    made: list[Measured] = []
    for one in cases:
        yes = one.case.answers["q"] == "yes"
        first = chance.gauss(telling if yes else -telling, 1)
        state = (first / 8, *(chance.gauss(0, 1) / 8 for _ in range(63)))
        made.append(replace(one, state=state))
    return made


def test_the_state_counts_where_it_tells_more() -> None:
    cases = with_states(measured(300, 1.5), telling=3)
    curve = fit(cases, "q", unsure_share=0.05)
    assert len(curve.probe) == 64
    assert curve.probe[0] == max(curve.probe, key=abs)
    found = score(with_states(measured(300, 1.5, seed=2), telling=3), "q", curve)
    assert found is not None
    assert found.auc > 0.97
    assert curve.probability(0.0) is None, "without the state nothing can be said"


def test_a_question_that_was_never_asked_rests_on_the_state_alone() -> None:
    cases = [replace(one, logits={}) for one in with_states(measured(200, 0), telling=3)]
    curve = fit(cases, "q", unsure_share=0.05)
    assert (curve.weight, len(curve.probe)) == (0.0, 64)
    found = score(cases, "q", curve)
    assert found is not None
    assert found.auc > 0.95
    few = [one for one in cases if one.case.answers["q"] == "no"] + cases[:20]
    with pytest.raises(ValueError, match="too few cases to fit a probe for q"):
        fit(few, "q", unsure_share=0.05)
    with pytest.raises(ValueError, match="not labelled both ways"):
        fit(few[:20], "q", unsure_share=0.05)


def test_what_a_probe_answers_is_fitted_on_the_states_where_they_suffice() -> None:
    told, unread = with_states(measured(200, 4), telling=3), measured(200, 4)
    cases = read_alone([*told, *unread[:20]], "q")
    assert [(one.case.id, one.logits) for one in cases] == [(one.case.id, {}) for one in told]
    few = [*told[:7], *unread]
    assert read_alone(few, "q") == few


def test_a_curve_by_state_is_scored_on_all_that_was_read() -> None:
    read = with_states(measured(200, 4), telling=3)
    curve = fit(read_alone(read, "q"), "q", unsure_share=0.05)
    asked = [one if number < 50 else replace(one, logits={}) for number, one in enumerate(read)]
    found = score(asked, "q", curve)
    assert found is not None
    assert found.yes + found.no == 200


def test_log_odds_that_speak_against_themselves_leave_it_to_every_state_that_was_read() -> None:
    read = with_states(measured(300, -2), telling=2)
    asked = [one if index < 150 else replace(one, logits={}) for index, one in enumerate(read)]
    never = [replace(one, logits={}) for one in read]
    costs = (3.0, 1.0, 9.0)
    fitted = fit(asked, "q", unsure_share=0.05, costs=costs)
    assert fitted.weight == 0
    assert fitted == fit(never, "q", unsure_share=0.05, costs=costs)


def test_instructions_are_told_by_the_state_with_few_alarms() -> None:
    given = with_states(measured(400, 0), telling=2)
    plain = {one.case.id: one.state for one in given if one.case.answers["q"] == "no"}
    told = {one.case.id: one.state for one in given if one.case.answers["q"] == "yes"}
    curve = fit_instructions(plain, told)
    assert curve is not None
    fitted = Calibration(status="fitted", instructions=curve)
    found = [fitted.instruction_in(state) is not None for state in told.values()]
    alarms = [fitted.instruction_in(state) is not None for state in plain.values()]
    assert sum(found) > 0.6 * len(found)
    assert sum(alarms) <= 0.02 * len(alarms)
    assert fit_instructions(plain, dict([*told.items()][:7])) is None


def test_a_state_that_tells_nothing_is_left_out() -> None:
    assert fit(with_states(measured(300, 6), telling=0), "q", unsure_share=0.05).probe == ()


def test_cases_that_were_only_read_serve_the_probe() -> None:
    cases = with_states(measured(300, 1.5), telling=3)
    few = [one if number < 60 else replace(one, logits={}) for number, one in enumerate(cases)]
    many, alone = (fit(given, "q", unsure_share=0.05) for given in (few, few[:60]))
    unseen = with_states(measured(400, 1.5, seed=3), telling=3)
    scores = [score(unseen, "q", curve) for curve in (many, alone)]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0].auc > scores[1].auc


def test_a_direction_is_not_looked_for_among_too_few() -> None:
    cases = with_states(measured(28, 1.5), telling=3)
    assert sum(one.case.answers["q"] == "yes" for one in cases) == 7
    assert fit(cases, "q", unsure_share=0.05).probe == ()


def test_no_band_sends_nobody_to_a_person() -> None:
    curve = fit(measured(100, 2), "q", unsure_share=0.0)
    assert curve.yes_from - curve.no_below < 0.1


@pytest.mark.parametrize("far", [0.2, 1.0, 2.0, 3.0, 5.0, 12.0, 40.0])
def test_a_model_that_is_always_as_certain_is_not_unsure_of_all(far: float) -> None:
    cases = [
        replace(one, logits={"q": far if one.case.answers["q"] == "yes" else -far})
        for one in measured(40, 1)
    ]
    found = score(cases, "q", fit(cases, "q", unsure_share=0.05))
    assert found is not None
    assert (found.unsure, found.balanced_accuracy) == (0.0, 1.0)


def test_a_curve_that_decides_no_case_has_no_accuracy() -> None:
    found = score(measured(40, 4), "q", Curve(no_below=0.0, yes_from=1.1))
    assert found is not None
    assert (found.unsure, found.balanced_accuracy) == (1.0, None)


def test_one_answer_alone_cannot_be_fitted_or_scored() -> None:
    only_no = [one for one in measured(20, 1) if one.case.answers["q"] == "no"]
    assert score(only_no, "q", fit(measured(20, 4), "q", unsure_share=0.0)) is None
    with pytest.raises(ValueError, match="labelled both ways"):
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
    assert careful.weight == lax.weight


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
