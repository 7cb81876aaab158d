import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.answer.calibration import (
    Calibration,
    Curve,
    calibration_file,
    load_calibration,
    packed,
)
from aplomo.errors import ConfigError

ENTRY = {
    "weight": 2.0,
    "probe": packed((0.5, -1.0)),
    "intercept": 1.0,
    "no_below": 0.4,
    "yes_from": 0.6,
}
CURVE = Curve(weight=2.0, probe=(0.5, -1.0), intercept=1.0, no_below=0.4, yes_from=0.6)


def rounds(questions: object) -> dict[str, object]:
    return {"1": {"prefix_sha256": "abc", "questions": questions}}


def written(folder: Path, **changes: object) -> Path:
    data = {
        "format": "aplomo.calibration/3",
        "rounds": rounds({"positive": ENTRY}),
    } | changes
    place = folder / "guide" / "some_model.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(data), encoding="utf-8")
    return place


def test_a_calibration_is_found_by_protocol_and_model(tmp_path: Path) -> None:
    written(tmp_path)
    found = load_calibration("guide", "some/model", 1, "abc", [tmp_path])
    assert (found.status, found.curve("positive")) == ("fitted", CURVE)
    assert written(tmp_path) == tmp_path / calibration_file("guide", "some/model")


def test_another_prefix_makes_it_stale_and_uses_no_curve_of_it(tmp_path: Path) -> None:
    written(tmp_path)
    found = load_calibration("guide", "some/model", 1, "other", [tmp_path])
    assert (found.status, found.curve("positive")) == ("stale", Curve())


def test_an_unknown_model_has_none(tmp_path: Path) -> None:
    assert load_calibration("guide", "another", 1, "abc", [tmp_path]).status == "none"


def test_a_state_gives_away_who_speaks_to_the_model(tmp_path: Path) -> None:
    told = ENTRY | {"weight": 0.0, "no_below": 0.9, "yes_from": 0.9}
    fitted = {"prefix_sha256": "abc", "questions": {}, "instructions": told}
    written(tmp_path, rounds={"1": fitted})
    found = load_calibration("guide", "some/model", 1, "abc", [tmp_path])
    assert found.probes
    assert found.instruction_in((0.0, -2.0)) == (
        "the comment reads like text addressed to the model (0.95)"
    )
    assert found.instruction_in((0.0, 0.0)) is None
    assert found.instruction_in(()) is None
    assert Calibration(status="fitted").instruction_in((0.0, -2.0)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "x"},
        {"rounds": rounds({"positive": {}})},
        {"rounds": rounds({"positive": ENTRY | {"probe": "AAA"}})},
        {"rounds": rounds({"positive": ENTRY | {"probe": "AAAA"}})},
        {"rounds": rounds([])},
        {"rounds": []},
    ],
)
def test_a_broken_file_is_an_error_that_names_it(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    place = written(tmp_path, **changes)
    with pytest.raises(ConfigError, match="calibration cannot be read") as caught:
        load_calibration("guide", "some/model", 1, "abc", [tmp_path])
    assert caught.value.where == str(place)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_more_log_odds_never_mean_less_probability(a: float, b: float) -> None:
    curve = Curve(weight=0.7, intercept=-0.3)
    low, high = (curve.probability(logit) for logit in sorted((a, b)))
    assert low is not None
    assert high is not None
    assert 0 <= low <= high <= 1


def test_what_is_missing_leaves_the_curve_silent() -> None:
    curve = Curve(probe=(0.5, 0.0))
    assert curve.probability(None, (1.0, 1.0)) is None
    assert curve.probability(1.0) is None
    assert curve.probability(1.0, (1.0,)) is None
    assert curve.probability(0.0, (0.0, 9.0)) == 0.5


def test_certainty_beyond_measure_bends_no_curve() -> None:
    curve = Curve(weight=0.1)
    assert curve.probability(900.0) == curve.probability(12.0)


def test_a_round_that_was_not_fitted_has_none(tmp_path: Path) -> None:
    written(tmp_path)
    assert load_calibration("guide", "some/model", 2, "abc", [tmp_path]).status == "none"


def test_the_band_is_unsure_and_its_edges_decide() -> None:
    curve = Curve(no_below=0.4, yes_from=0.6)
    said = [curve.verdict(p) for p in (0.0, 0.399, 0.4, 0.599, 0.6, 1.0)]
    assert said == ["no", "no", "unsure", "unsure", "yes", "yes"]
