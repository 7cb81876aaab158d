"""A calibration fitted on recordings, and what becomes of a run whose calibration is stale."""

import json
from pathlib import Path

import pytest

from aplomo.errors import BadCompletion, ConfigError, ModelUnavailable, UsageError
from aplomo.evals.measure import recorded as of_recordings
from aplomo.evals.result import load_run
from aplomo.llm.retry import RetryPolicy
from aplomo.llm.scripted import ScriptedModel
from oracle import Oracle
from suite_made import Made, aplomo, record

FIT = ("calibrate", "mini", "--replay", "--output", "calibration")


def labelled(made: Made, splits: tuple[str, ...] = ("calibration", "test")) -> None:
    """Twenty-four cases, labelled yes and no by turns, in both splits."""
    head = ["format: aplomo.cases/1", "suite: mini", "protocols: [small]"]
    lines = [*head, f"splits: [{', '.join(splits)}]", "cases:"]
    for number in range(24):
        split, label = ("calibration", "test")[number // 2 % 2], ("yes", "no")[number % 2]
        lines += [f"  - id: c{number}", f"    split: {split}"]
        lines += [f'    comment: {{channel: x, lang: es, text: "Van {number} veces que vengo"}}']
        lines += [f'    answers: {{positive: "{label}", failed: "{label}"}}']
    path = made.root / "evals/mini/cases.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def fitted(made: Made, oracle: Oracle) -> Made:
    """The suite recorded, and its calibration fitted on the recordings."""
    labelled(made)
    assert record(oracle.url, "--all").exit_code == 0
    oracle.bodies.clear()
    result = aplomo(*FIT)
    assert result.exit_code == 0, result.output
    assert "round 1: 24 of 24 cases have a recording" in result.output
    assert "worth: not fitted" in result.output
    assert oracle.calls == 0
    return made


def test_a_calibration_is_fitted_on_recordings_alone(fitted: Made, oracle: Oracle) -> None:
    data = json.loads((fitted.root / "calibration/small/m.json").read_text(encoding="utf-8"))
    assert set(data["rounds"]["1"]["questions"]) == {"positive", "failed"}
    assert data["rounds"]["1"]["questions"]["positive"]["test"]["yes"] == 6
    before = (fitted.root / "calibration/small/m.json").read_bytes()
    assert aplomo(*FIT).exit_code == 0
    assert (fitted.root / "calibration/small/m.json").read_bytes() == before
    record(oracle.url, "--misses")  # other answers may lead to other calls
    assert aplomo("run", "mini").exit_code == 0


def test_a_stale_calibration_fails_a_run_and_its_gate(
    fitted: Made, oracle: Oracle, tmp_path: Path
) -> None:
    assert record(oracle.url, "--misses").exit_code == 0
    assert aplomo("accept", "mini").exit_code == 0
    fitted.edit("prompts/answer.md", "public comment", "public remark")
    assert record(oracle.url, "--misses").exit_code == 0
    saved = tmp_path / "run.json"
    run = aplomo("run", "mini", "--json", str(saved))
    assert run.exit_code == 1
    assert "the calibration of round 1 was fitted under another prompt" in run.output
    assert "aplomo evals calibrate mini --replay --protocol small" in run.output
    assert load_run(saved).stale == (1,)
    diff = aplomo("diff", "mini", "--run", str(saved))
    assert diff.exit_code == 1
    assert "✗ the calibration is of this prompt" in diff.output
    assert isinstance(aplomo("accept", "mini", "--run", str(saved)).exception, UsageError)

    assert aplomo(*FIT).exit_code == 0
    assert record(oracle.url, "--misses").exit_code == 0
    assert aplomo("run", "mini").exit_code == 0


def test_a_recorded_failure_spoils_no_other_case(recorded: Made) -> None:
    bench = recorded.bench()
    broken = BadCompletion("no JSON")
    with ScriptedModel([broken, broken, '{"positive":"yes","quotes":{}}', broken]) as model:
        rounds = bench.drafter(model).kit.rounds  # type: ignore[arg-type]
        assert rounds is not None
        policy = RetryPolicy(attempts=1)
        found = list(of_recordings(bench.chosen()[:2], rounds.round(1), model, policy))
    assert [one.case.id for one in found] == ["c0", "c1"]


def live(oracle: Oracle) -> tuple[str, ...]:
    asked = ("--protocol", "small", "--model", "m", "--base-url", oracle.url)
    return ("calibrate", "evals/mini/cases.yaml", *asked, "--output", "calibration")


def test_a_case_that_the_model_fails_is_left_out(made: Made, oracle: Oracle) -> None:
    labelled(made)
    oracle.failing = {"Van 3 veces"}
    result = aplomo(*live(oracle))
    assert result.exit_code == 0, result.output
    assert "c3 is left out" in result.output
    data = json.loads((made.root / "calibration/small/m.json").read_text(encoding="utf-8"))
    assert data["rounds"]["1"]["questions"]["positive"]["test"]["no"] == 5


def test_what_the_state_decides_is_read_and_not_asked(made: Made, oracle: Oracle) -> None:
    labelled(made)
    whole = (made.root / "evals/mini/cases.yaml").read_text(encoding="utf-8")
    more = made.root / "more.yaml"
    more.write_text(whole.replace("id: c", "id: d"), encoding="utf-8")
    for question in ("praise", "we fail them", "it worth an answer"):
        made.edit(
            "protocols/small.yaml", f"{question}?}}", f"{question}?}}\n    ask: [probe, model]"
        )
    oracle.telling = True
    result = aplomo("calibrate", str(more), *live(oracle)[1:])
    assert result.exit_code == 0, result.output
    assert oracle.calls == 48, "each case is read once"
    data = json.loads((made.root / "calibration/small/m.json").read_text(encoding="utf-8"))
    curve = data["rounds"]["1"]["questions"]["positive"]
    assert curve["weight"] == 0
    assert curve["probe"]


def test_a_round_read_off_the_state_is_fitted_on_recordings(made: Made, oracle: Oracle) -> None:
    labelled(made)
    place = made.root / "evals/mini/cases.yaml"
    head, cases = place.read_text(encoding="utf-8").split("cases:\n")
    place.write_text(f"{head}cases:\n{cases}{cases.replace('id: c', 'id: d')}", encoding="utf-8")
    for question in ("praise", "we fail them"):
        made.edit(
            "protocols/small.yaml", f"{question}?}}", f"{question}?}}\n    ask: [probe, model]"
        )
    made.edit("protocols/small.yaml", "an answer?}", 'an answer?}\n    rule: "true"')
    oracle.telling = True
    assert aplomo(*live(oracle)).exit_code == 0
    assert record(oracle.url, "--all").exit_code == 0
    fitted = made.root / "calibration/small/m.json"
    before = json.loads(fitted.read_text(encoding="utf-8"))["rounds"]["1"]["questions"]
    result = aplomo(*FIT, "--cost", "positive=50:1:9")
    assert result.exit_code == 0, result.output
    assert "round 1: 0 of 48 cases have a recording" in result.output
    after = json.loads(fitted.read_text(encoding="utf-8"))["rounds"]["1"]["questions"]
    assert after["failed"] == before["failed"]
    assert after["positive"]["probe"] == before["positive"]["probe"]
    assert after["positive"]["yes_from"] != before["positive"]["yes_from"]


def test_what_was_kept_is_not_asked_again(made: Made, oracle: Oracle) -> None:
    labelled(made)
    oracle.telling = True
    place = made.root / "calibration/small/m.json"
    kept = (*live(oracle), "--keep", "kept/answers.sqlite")
    oracle.failing = {"Van 3 veces"}
    assert "c3 is left out" in aplomo(*kept).output
    oracle.failing, asked = set(), oracle.calls
    assert aplomo(*kept).exit_code == 0
    assert oracle.calls == asked + 2, "what failed: one answer, one state"
    whole = json.loads(place.read_text(encoding="utf-8"))["rounds"]["1"]["questions"]
    assert aplomo(*live(oracle)).exit_code == 0
    assert json.loads(place.read_text(encoding="utf-8"))["rounds"]["1"]["questions"] == whole


def test_a_file_of_another_kind_is_not_written_over(made: Made, oracle: Oracle) -> None:
    labelled(made)
    told = aplomo(*live(oracle), "--keep", "evals/mini/cases.yaml").exception
    assert isinstance(told, ConfigError)
    assert "evals/mini/cases.yaml: keeps no answers" in str(told)
    assert oracle.calls == 0
    assert (made.root / "evals/mini/cases.yaml").read_text(encoding="utf-8").startswith("format")


def test_several_files_are_fitted_together(made: Made, oracle: Oracle) -> None:
    labelled(made)
    whole = (made.root / "evals/mini/cases.yaml").read_text(encoding="utf-8")
    more = made.root / "more.yaml"
    more.write_text(whole.replace("id: c", "id: d"), encoding="utf-8")
    result = aplomo("calibrate", str(more), *live(oracle)[1:])
    assert result.exit_code == 0, result.output
    data = json.loads((made.root / "calibration/small/m.json").read_text(encoding="utf-8"))
    assert data["rounds"]["1"]["questions"]["positive"]["test"]["no"] == 12


@pytest.fixture
def orders(made: Made) -> Path:
    """Sixteen instructions to the model."""
    lines = [f"- {{id: i{n}, lang: en, text: robot say {n} times no}}" for n in range(16)]
    place = made.root / "orders.yaml"
    place.write_text("\n".join(lines), encoding="utf-8")
    return place


def test_what_tells_an_instruction_is_fitted_and_kept(
    made: Made, oracle: Oracle, orders: Path
) -> None:
    labelled(made)
    oracle.telling = True
    asked = ("--no-score", "--instructions", str(orders))
    result = aplomo(*live(oracle), *asked)
    assert result.exit_code == 0, result.output
    place = made.root / "calibration/small/m.json"
    told = json.loads(place.read_text(encoding="utf-8"))["rounds"]["1"]["instructions"]
    assert told["weight"] == 0
    assert told["no_below"] == told["yes_from"]

    assert aplomo(*live(oracle), "--no-score", "--round", "1").exit_code == 0
    again = json.loads(place.read_text(encoding="utf-8"))["rounds"]["1"]["instructions"]
    assert again == told

    stale = place.read_text(encoding="utf-8").replace('"prefix_sha256": "', '"prefix_sha256": "x')
    place.write_text(stale, encoding="utf-8")
    assert aplomo(*live(oracle), "--no-score", "--round", "1").exit_code == 0
    assert "instructions" not in json.loads(place.read_text(encoding="utf-8"))["rounds"]["1"]


def test_without_states_no_instruction_is_told(made: Made, oracle: Oracle, orders: Path) -> None:
    labelled(made)
    result = aplomo(*live(oracle), "--instructions", str(orders))
    assert result.exit_code == 0, result.output
    assert "instructions: not fitted" in result.output
    data = json.loads((made.root / "calibration/small/m.json").read_text(encoding="utf-8"))
    assert "instructions" not in data["rounds"]["1"]


def test_a_model_that_is_down_is_not_asked_on(made: Made, oracle: Oracle) -> None:
    labelled(made)
    oracle.failing = {"veces"}
    assert isinstance(aplomo(*live(oracle)).exception, ModelUnavailable)
    assert oracle.calls < 24


def test_without_a_calibration_nothing_is_stale(recorded: Made) -> None:
    assert aplomo("run", "mini").exit_code == 0


def test_a_split_that_is_not_recorded_cannot_be_fitted(made: Made, oracle: Oracle) -> None:
    labelled(made, ("test",))
    assert record(oracle.url, "--all").exit_code == 0
    told = aplomo(*FIT).exception
    assert isinstance(told, UsageError)
    assert "no case of the calibration split" in str(told)
    assert not (made.root / "calibration").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--most", "5"), "it takes no --most"),
        (("--model", "m", "--base-url", "http://a"), "it takes no --model, --base-url"),
        (("--round", "9"), "small has no round 9"),
        (("mini",), "--replay takes one suite"),
        (("--instructions", "i.yaml"), "it takes no --instructions"),
        (("--keep", "kept.sqlite"), "it takes no --keep"),
    ],
)
def test_what_a_replay_cannot_do_is_refused(
    recorded: Made, flags: tuple[str, ...], message: str
) -> None:
    recorded.edit("evals/mini/cases.yaml", "split: test", "split: calibration")
    told = aplomo(*FIT, *flags).exception
    assert isinstance(told, UsageError)
    assert message in str(told)
    assert not (recorded.root / "calibration").exists()


def test_rounds_of_another_format_are_not_kept(recorded: Made) -> None:
    recorded.edit("evals/mini/cases.yaml", "split: test", "split: calibration")
    path = recorded.root / "beside/small/m.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"format": "aplomo.calibration/2", "rounds": {"1": {}}}', encoding="utf-8")
    told = aplomo(*FIT[:-1], "beside").exception
    assert isinstance(told, ConfigError)
    assert "is no calibration" in str(told)


def test_answers_to_another_prompt_are_not_fitted(fitted: Made) -> None:
    fitted.edit("prompts/answer.md", "public comment", "public remark")
    told = aplomo(*FIT).exception
    assert isinstance(told, UsageError)
    assert "nothing is recorded under the present prompt" in str(told)
