"""The command line as a person meets it: output, exit codes, errors with hints."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from inline_snapshot import snapshot

from aplomo.cli.main import COMMANDS, cli

RULES = """
id: rules
languages: [es, en]
questions:
  link: {text: {es: ¿Enlace?, en: A link?}, rule: 'text.contains("http")', yes: hide, no: asks}
  asks: {text: {es: ¿Pregunta?, en: A question?}, rule: 'text.contains("?")', yes: answer, no: listen}
outcomes:
  hide: {action: moderate, department: community}
  listen: {action: no_reply}
  answer:
    action: reply
    department: community
    goal: {es: responder, en: answer}
    template: {es: "Gracias por preguntar, te contamos por {contact}.", en: "Thanks for asking, write to us by {contact}."}
"""
UNREACHABLE = {
    "APLOMO_MODEL": "m",
    "APLOMO_BASE_URL": "http://127.0.0.1:9/v1",
    "APLOMO_ATTEMPTS": "1",
}


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "rules.yaml"
    place.write_text(RULES, encoding="utf-8")
    return place


def run(
    *arguments: str, stdin: str | bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The real command, in a process of its own."""
    data = stdin if isinstance(stdin, bytes) else stdin.encode()
    done = subprocess.run(
        [sys.executable, "-m", "aplomo", *arguments],
        input=data,
        capture_output=True,
        env={**os.environ, **(env or {})},
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def test_a_decision_by_rules_needs_no_model(rules: Path) -> None:
    done = run("draft", "mirad http://a.example", "--protocol", str(rules))
    assert done.returncode == 0
    assert "NO REPLY  link: yes → hide" in done.stdout
    assert "0 model calls" in done.stdout
    assert done.stderr == snapshot(
        "no workspace here: using the fictional example brand (`aplomo init` makes one)\n"
    )


def test_json_is_the_decision_record(rules: Path) -> None:
    done = run(
        "draft", "hola", "--protocol", str(rules), "--json", "--channel", "x", "--lang", "es"
    )
    record = json.loads(done.stdout)
    assert record["schema"] == "aplomo.decision/1"
    assert record["comment"]["channel"] == "x"
    assert record["path"] == ["link", "asks"]
    assert record["outcome"]["id"] == "listen"


def test_a_comment_can_come_from_standard_input_whatever_its_bytes(rules: Path) -> None:
    done = run(
        "draft", "-", "--protocol", str(rules), "--json", stdin=b"hola \xff\xed\xa0\x80 \x00"
    )
    assert done.returncode == 0
    assert "\ufffd" in json.loads(done.stdout)["comment"]["text"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["draft"], 2, "give either a TEXT or --input FILE"),
        (["draft", "a", "--answer", "x"], 2, "is not QUESTION=yes|no|unsure"),
        (["draft", "a", "--answer", "nothing=yes"], 2, "no question 'nothing'"),
        (["draft", "a", "--answers", "human"], 2, "needs a terminal"),
        (["draft", " \u200b "], 3, "no visible text"),
        (["draft", "a", "--protocol", "nowhere"], 3, "nowhere"),
        (["draft", "a", "--brand", "nowhere.yaml"], 3, "brand file not found"),
        (["draft", "--input", "nowhere.csv"], 3, "nowhere.csv"),
        (["draft", "--input", "rules.yaml"], 3, "neither .csv nor .jsonl"),
        (["draft", "--wrong"], 2, "No such option"),
        (["wrong"], 2, "No such command"),
    ],
)
def test_bad_calls_get_one_clear_error(
    rules: Path, arguments: list[str], code: int, message: str
) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_settings_file_is_named(rules: Path) -> None:
    (rules.parent / "aplomo.toml").write_text("protocl = 1", encoding="utf-8")
    done = run("draft", "a")
    assert done.returncode == 3
    assert "unknown key 'protocl'" in done.stderr
    assert "did you mean 'protocol'?" in done.stderr


def test_an_unreachable_model_leaves_a_template_or_a_person_and_exit_code_4(rules: Path) -> None:
    drafted = run("draft", "¿abrís hoy?", "--protocol", str(rules), env=UNREACHABLE)
    assert drafted.returncode == 0
    assert "by template" in drafted.stdout
    undecided = run("draft", "hola", "--protocol", "basic-guide", env=UNREACHABLE)
    assert undecided.returncode == 4
    assert "NEEDS HUMAN" in undecided.stdout


def test_a_batch_writes_every_row_and_resumes(rules: Path) -> None:
    source = rules.parent / "in.csv"
    source.write_text("text\nhola\nhttp://a.example\n  \n", encoding="utf-8")
    call = ["draft", "--input", "in.csv", "--output", "out.jsonl", "--protocol", str(rules)]
    first = run(*call)
    assert first.returncode == 0, first.stderr
    assert "3 rows" in first.stderr
    assert "errors: 1" in first.stderr
    output = rules.parent / "out.jsonl"
    lines = output.read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["row"]["number"] for line in lines) == [1, 2, 3]
    refused = run(*call)
    assert refused.returncode == 2
    assert "add --resume" in refused.stderr
    output.write_text(lines[0] + "\n" + lines[1][:30], encoding="utf-8")
    resumed = run(*call, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "(1 were done before)" in resumed.stderr
    numbers = [json.loads(line)["row"]["number"] for line in output.read_text().splitlines()]
    assert sorted(numbers) == [1, 2, 3]


def test_a_batch_without_output_prints(rules: Path) -> None:
    (rules.parent / "in.csv").write_text("text\nhola\n", encoding="utf-8")
    done = run("draft", "--input", "in.csv", "--protocol", str(rules))
    assert "“hola”" in done.stdout
    assert "NO REPLY" in done.stdout


def test_init_keeps_what_is_there_and_the_workspace_works(tmp_path: Path) -> None:
    (tmp_path / "brand.yaml").write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(cli, ["init", str(tmp_path)])
    assert done.exit_code == 0
    assert f"kept     {tmp_path / 'brand.yaml'}" in done.output
    assert (tmp_path / "brand.yaml").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "comments.csv").exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    done = CliRunner().invoke(cli, [name, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output
