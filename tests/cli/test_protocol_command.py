import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from inline_snapshot import snapshot

from aplomo.cli.protocol import protocol
from aplomo.errors import ConfigError, UsageError

GOOD = """\
id: tiny
languages: [es]
questions: {kind: {text: {es: ¿Amable?}, yes: quiet, no: quiet}}
outcomes: {quiet: {action: no_reply, title: {es: Callar}}}
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(protocol, [str(argument) for argument in arguments])


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(GOOD.replace("no: quiet", "no: loud"))
    Path("worse.yaml").write_text("id: [\n")
    Path("latin.yaml").write_bytes("id: ñ".encode("latin-1"))
    return tmp_path


def test_lint_of_good_files(files: Path) -> None:
    result = run("lint", "good.yaml", "good.yaml")
    assert (result.exit_code, result.output) == (0, "2 checked, 0 refused, 0 problems\n")
    assert run("lint", "--json", "good.yaml").output == "[]\n"


def test_lint_tells_every_problem_of_every_file(files: Path) -> None:
    result = run("lint", "bad.yaml", "good.yaml", "worse.yaml", "latin.yaml")
    assert result.exit_code == 1
    assert result.output == snapshot("""\
bad.yaml:3: questions.kind.no leads to unknown 'loud'
worse.yaml:2: not valid YAML: did not find expected node content
latin.yaml:1: protocol file is not UTF-8 (byte 4) (save the file as UTF-8)
4 checked, 3 refused, 3 problems
""")


def test_lint_for_machines(files: Path) -> None:
    result = run("lint", "--json", "bad.yaml")
    assert result.exit_code == 1
    assert json.loads(result.output) == snapshot(
        [
            {
                "file": "bad.yaml",
                "line": 3,
                "message": "questions.kind.no leads to unknown 'loud'",
                "hint": None,
            }
        ]
    )


def test_lint_needs_files_that_exist(files: Path) -> None:
    assert run("lint").exit_code == 2
    assert run("lint", "absent.yaml").exit_code == 2


def test_show(files: Path) -> None:
    assert run("show", "good.yaml").output == snapshot("""\
tiny 0
(unsure leads to human_review where nothing else is shown)

kind · ¿Amable? [model]
├─ yes: quiet · Callar (no_reply)
└─ no: quiet
""")
    assert run("show", "--mermaid", "good.yaml").output == snapshot("""\
flowchart TD
  q_kind{"¿Amable?"}
  o_quiet(["Callar<br/>no_reply"])
  o_human_review(["Que lo vea una persona<br/>escalate"])
  q_kind -->|yes| o_quiet
  q_kind -->|no| o_quiet
  q_kind -.->|unsure| o_human_review
""")
    shown = json.loads(run("show", "--json", "good.yaml").output)
    assert shown["questions"]["kind"]["yes"] == "quiet"
    assert shown["outcomes"]["human_review"]["level"] == "L1"
    assert shown["languages"] == ["es"]


def test_show_finds_what_ships() -> None:
    result = run("show", "basic-guide", "--lang", "en")
    assert result.exit_code == 0
    assert result.output.startswith("basic-guide ")


def test_show_refuses(files: Path) -> None:
    assert isinstance(run("show", "basic-gide").exception, ConfigError)
    assert isinstance(run("show", "good.yaml", "--lang", "fr").exception, UsageError)
    assert isinstance(run("show", "good.yaml", "--json", "--mermaid").exception, UsageError)


def test_schema_is_json() -> None:
    assert json.loads(run("schema").output)["title"] == "Aplomo protocol"


def test_prove(files: Path) -> None:
    good = run("prove", "good.yaml")
    assert (good.exit_code, good.output) == (
        0,
        snapshot("""\
tiny 0: 3 paths, every one walked to an outcome
longest path: 1 questions, kind … kind
answering calls: at most 1
without the model: no outcome
safety gates, in order: none marked
"""),
    )
    refused = run("prove", "good.yaml", "--most-calls", "0")
    assert refused.exit_code == 1
    assert "violated: a path costs 1 answering calls, more than 0" in refused.output
    assert json.loads(run("prove", "good.yaml", "--json").output)["calls"] == 1


def test_diff(files: Path) -> None:
    Path("new.yaml").write_text(GOOD.replace("no: quiet}", "no: human_review}"))
    result = run("diff", "good.yaml", "new.yaml")
    assert (result.exit_code, result.output) == (
        0,
        snapshot("""\
kind: no leads to human_review, not quiet
1 × quiet now ends in human_review, e.g. kind no
3 paths compared
"""),
    )
    assert json.loads(run("diff", "good.yaml", "new.yaml", "--json").output)["walked"] == 3
