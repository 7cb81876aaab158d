"""The plugin as another project uses it: a pytest of its own, in a folder of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from oracle import Oracle
from suite_made import Made, aplomo

_SRC = Path(__file__).parents[2] / "src"


def run_pytest(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """pytest with nothing but the plugin, in `root`."""
    command = [sys.executable, "-m", "pytest", "-p", "aplomo.evals.pytest_plugin", "--rootdir", "."]
    plain = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(_SRC)}
    return subprocess.run(
        [*command, *arguments, "evals"],
        cwd=root,
        env=os.environ | plain | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def accepted(made: Made) -> None:
    """Write the baseline, as a person would."""
    result = aplomo("accept", "mini")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("spread", [(), ("-p", "xdist", "-n", "2")])
def test_every_case_is_an_item_and_an_unchanged_suite_passes(
    recorded: Made, spread: tuple[str, ...]
) -> None:
    accepted(recorded)
    done = run_pytest(recorded.root, "--aplomo-evals=replay", "--junit-xml=j.xml", "-q", *spread)
    assert done.returncode == 0, done.stdout + done.stderr
    [suite] = ET.parse(recorded.root / "j.xml").getroot()
    assert suite.get("tests") == "6"
    told = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert told["protocol"] == "small"
    assert "answer:positive" in told


def test_without_the_option_nothing_is_collected(recorded: Made) -> None:
    assert "no tests ran" in run_pytest(recorded.root, "-q").stdout


def test_a_changed_prompt_fails_every_case_without_a_recording(recorded: Made) -> None:
    accepted(recorded)
    recorded.edit("prompts/answer.md", "comment", "remark")
    done = run_pytest(recorded.root, "--aplomo-evals=replay", "-q")
    assert done.returncode == 1
    assert "6 failed" in done.stdout
    assert "this call has no recording" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_verdict_that_was_better_fails_its_case_and_no_other(recorded: Made) -> None:
    accepted(recorded)
    path = recorded.folder / "baseline.json"
    baseline = json.loads(path.read_text(encoding="utf-8"))
    states = {id_: case["verdicts"]["answer:positive"] for id_, case in baseline["cases"].items()}
    worse = next(id_ for id_, state in states.items() if state != "pass")
    baseline["cases"][worse]["verdicts"]["answer:positive"] = "pass"
    path.write_text(json.dumps(baseline), encoding="utf-8")
    done = run_pytest(recorded.root, "--aplomo-evals=replay", "-q")
    assert "1 failed, 5 passed" in done.stdout
    assert f"small/{worse}" in done.stdout
    assert "it passed in the baseline" in done.stdout


def test_recording_is_for_one_process(recorded: Made) -> None:
    done = run_pytest(recorded.root, "--aplomo-evals=misses", "-p", "xdist", "-n", "2")
    assert done.returncode == 4
    assert "runs in one process" in done.stderr


def test_misses_are_recorded_first(recorded: Made, oracle: Oracle) -> None:
    accepted(recorded)
    recorded.edit("prompts/answer.md", "comment", "remark")
    given = {"APLOMO_MODEL": "m", "APLOMO_BASE_URL": oracle.url}
    done = run_pytest(recorded.root, "--aplomo-evals=misses", "-q", **given)
    assert "has no recording" not in done.stdout
    assert oracle.bodies


@pytest.mark.parametrize("mode", ["misses", "all"])
def test_a_suite_never_recorded_is_recorded_and_then_judged(
    made: Made, oracle: Oracle, mode: str
) -> None:
    given = {"APLOMO_MODEL": "m", "APLOMO_BASE_URL": oracle.url}
    done = run_pytest(made.root, f"--aplomo-evals={mode}", "-q", **given)
    assert oracle.bodies
    assert "has no recordings" not in done.stdout
    assert "answer:positive: fail, expected yes, got no (there is no baseline)" in done.stdout


def test_a_new_label_is_not_said_to_have_passed_before(recorded: Made) -> None:
    accepted(recorded)
    recorded.edit(
        "evals/mini/cases.yaml", 'answers: {positive: "yes"}', "checks: [no_reply, ready]"
    )
    done = run_pytest(recorded.root, "--aplomo-evals=replay", "-q")
    assert "(it is not in the baseline)" in done.stdout
    assert "it passed" not in done.stdout


def test_a_refused_case_file_is_a_clear_error(recorded: Made) -> None:
    path = recorded.root / "evals" / "mini" / "cases.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("split:", "splitt:"), encoding="utf-8")
    done = run_pytest(recorded.root, "--aplomo-evals=replay", "-q")
    assert done.returncode == 2
    assert "splitt is not a known key" in done.stdout


def test_a_stale_calibration_fails_every_case(recorded: Made) -> None:
    accepted(recorded)
    none: dict[str, str] = {}
    rounds = {"1": {"prefix_sha256": "of another prompt", "questions": none}}
    fitted = {"format": "aplomo.calibration/3", "rounds": rounds}
    path = recorded.root / "calibration/small/m.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(fitted), encoding="utf-8")
    done = run_pytest(recorded.root, "--aplomo-evals=replay", "-q")
    assert "6 failed" in done.stdout
    assert "the calibration of round 1 was fitted under another prompt" in done.stdout
