import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from aplomo.cli.model import model
from aplomo.errors import ConfigError, ModelMissing

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APLOMO_CACHE", str(tmp_path / "cache"))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(model, arguments)

    return invoke


def states(result: Result) -> dict[str, str]:
    return {row["subject"]: row["state"] for row in json.loads(result.stdout)["findings"]}


def test_doctor_says_what_is_missing_and_how_to_fix_it(run: Run):
    result = run("doctor")
    assert result.exit_code == 1
    assert "missing weights: not at " in result.stdout
    assert "→ fetch it with: aplomo model pull" in result.stdout
    assert "model = –  (default)" in result.stdout
    assert result.stdout.endswith("the model cannot be used yet\n")


def test_doctor_in_json(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert states(run("doctor", "--json"))["weights"] == "missing"
    weights = tmp_path / "other.gguf"
    weights.write_bytes(b"GGUF")
    monkeypatch.setenv("APLOMO_WEIGHTS", str(weights))
    result = run("doctor", "--json")
    assert states(result)["weights"] == "ok"
    assert json.loads(result.stdout)["settings"]["weights"] == {
        "value": str(weights),
        "from": "APLOMO_WEIGHTS",
    }
    weights.write_bytes(b"<html>")
    assert states(run("doctor", "--json"))["weights"] == "missing"


def test_doctor_for_a_hosted_model(run: Run, monkeypatch: pytest.MonkeyPatch):
    without_key = run("doctor", "--model", "gpt-x", "--json")
    assert (without_key.exit_code, states(without_key)["API key"]) == (1, "missing")
    monkeypatch.setenv("APLOMO_API_KEY", "sk-secret")
    with_key = run("doctor", "--model", "gpt-x", "--json")
    assert with_key.exit_code == 0
    assert "sk-secret" not in with_key.stdout
    assert "weights" not in states(with_key)


def test_doctor_tries_the_endpoint_only_when_asked(run: Run):
    flags = ("doctor", "--model", "m", "--base-url", "http://127.0.0.1:9/v1")
    assert run(*flags).exit_code == 0
    checked = run(*flags, "--check")
    assert checked.exit_code == 1
    assert "127.0.0.1:9 cannot be reached" in checked.stdout


def test_list_shows_what_the_cache_holds(run: Run, tmp_path: Path):
    assert "not there (fetch it with: aplomo model pull)" in run("list").stdout
    folder = tmp_path / "cache" / "models"
    folder.mkdir(parents=True)
    (folder / "mine.gguf").write_bytes(b"GGUF")
    (folder / "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf.part").write_bytes(b"GGUF")
    rows = json.loads(run("list", "--json").stdout)
    assert [row["name"] for row in rows] == ["qwen2.5-coder-1.5b-instruct-q4_k_m", "mine"]
    assert rows[0]["state"] == "interrupted at 0.00 GB"


def test_pull_tells_its_progress_in_tenths_when_nobody_watches(
    run: Run, monkeypatch: pytest.MonkeyPatch
):
    def fetch(progress: Callable[[int], None]) -> Path:
        for percent in range(101):
            progress(1_117_320_768 * percent // 100 + (percent < 100))
        return Path("/there/w.gguf")

    monkeypatch.setattr("aplomo.llm.pull.pull", fetch)
    result = run("pull")
    assert result.stdout == "/there/w.gguf\n"
    lines = result.stderr.splitlines()
    assert len(lines) == 10
    assert (lines[0], lines[-1]) == ("weights: 10% of 1.12 GB", "weights: 100% of 1.12 GB")
    assert json.loads(run("pull", "--json").stdout)["path"] == "/there/w.gguf"


def test_a_full_disk_reaches_the_caller_as_an_error(run: Run, monkeypatch: pytest.MonkeyPatch):
    def nearly_full(folder: Path) -> SimpleNamespace:
        return SimpleNamespace(free=10)

    monkeypatch.setattr("shutil.disk_usage", nearly_full)
    error = run("pull").exception
    assert isinstance(error, ModelMissing)
    assert error.exit_code == 4
    assert isinstance(run("doctor", "--base-url", "nonsense").exception, ConfigError)
