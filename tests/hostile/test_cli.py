"""Hostile text through the command: terminals, JSON and files stay whole."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from aplomo.cli.show import as_text, result_text
from aplomo.comment import Comment
from aplomo.embed.batch import Result
from aplomo.errors import InputError
from aplomo.inbound import Row, read_rows
from hostile_texts import NOTHING, TEXTS
from misbehaving import Misbehaving
from small_world import drafter, reply, said

RULES = """
id: rules
languages: [es, en]
questions:
  asks: {text: {es: ¿Pregunta?, en: A question?}, rule: 'text.contains("?")', yes: hide, no: listen}
outcomes:
  hide: {action: moderate, department: community}
  listen: {action: no_reply}
"""
SHORT = [name for name, text in TEXTS.items() if len(text) < 20_000 and "\x00" not in text]
UNPRINTABLE = [chr(n) for n in (*range(9), *range(11, 32), *range(127, 160), 0x202E, 0x2028)]


def run(folder: Path, *arguments: str | bytes, stdin: bytes = b"") -> tuple[int, bytes, str]:
    env = os.environ | {"PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "aplomo", *arguments]
    done = subprocess.run(
        command, input=stdin, capture_output=True, cwd=folder, env=env, check=False
    )
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path


def clean(shown: str) -> bool:
    return not any(char in shown for char in UNPRINTABLE)


@pytest.mark.parametrize("name", TEXTS)
def test_a_terminal_gets_no_control_character_from_anybody(name: str) -> None:
    text = TEXTS[name]
    made, _ = drafter(said("yes", positive=text[:60]), reply(text[:500]), reply(text[:500]))
    decision = made.draft(Comment(text=text))
    row = Row(number=1, key="k", comment=decision.comment)
    for result in (
        Result(row=row, decision=decision),
        Result(row=Row(number=1, key="k"), error=InputError(text)),
    ):
        lines = result_text(result).replace("\x1b[", "").split("\n")
        assert all(clean(line) for line in lines)
        assert len(lines[0]) < 400
    verdicts = [
        line for line in click.unstyle(as_text(decision)).split("\n") if "READY" in line[:6]
    ]
    assert len(verdicts) == (decision.status == "ready")


def test_text_and_standard_input_of_any_bytes(folder: Path) -> None:
    joined = "\n".join(TEXTS[name] for name in SHORT).encode("utf-8", "surrogatepass")
    for data in (joined, b"hola \xff\xfe\xed\xa0\x80 \x1b[31m \xc2\x9b5m", joined * 20):
        for shape in ((), ("--json",)):
            call = ["draft", "-", "--protocol", "rules.yaml", *shape]
            code, out, errors = run(folder, *call, stdin=data)
            assert code == 0, errors
            assert clean(out.decode().replace("\n", ""))
            if shape:
                assert json.loads(out)["outcome"]["id"] in {"hide", "listen"}
    code, _, errors = run(folder, "draft", b"hola \xff\x1b[31m", "--protocol", "rules.yaml")
    assert (code, "Traceback" in errors) == (0, False)
    for bad in (["--lang", "\x1b[31m"], ["--protocol", "\x1b]0;x\x07"], ["--answer", "\x1b=yes"]):
        code, out, errors = run(folder, "draft", "hola", *bad)
        assert (code in (2, 3), out) == (True, b"")
        assert clean(errors.replace("\n", ""))


def test_rows_of_csv_and_jsonl_stay_one_record_each(folder: Path) -> None:
    texts = [*(TEXTS[name] for name in SHORT), *NOTHING]
    encodable = [text.encode("utf-8", "replace").decode() for text in texts]
    with (folder / "in.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([["text"], *([text] for text in encodable)])
    bad = ['{"text":"a","\\ud800":1}', '["\\u001b[31m"]', "{" * 5_000, '{"text":"\\ud800 hola"}']
    lines = [json.dumps({"text": text}) for text in texts] + bad
    (folder / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for name in ("in.csv", "in.jsonl"):
        total = len(list(read_rows(folder / name)))
        output = folder / f"{name}.out.jsonl"
        call = ["draft", "--input", name, "--output", output.name, "--protocol", "rules.yaml"]
        code, _, errors = run(folder, *call)
        assert code == 0, errors
        written = output.read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in written]
        assert sorted(record["row"]["number"] for record in records) == [*range(1, total + 1)]
        assert all(clean(line) for line in written)
        again, _, errors = run(folder, *call, "--resume")
        assert (again, output.read_text(encoding="utf-8").splitlines()) == (0, written)


def test_an_answering_server_that_obeys_puts_nothing_on_the_terminal(
    folder: Path, server: Misbehaving
) -> None:
    server.script = [server.says('{"positive":"yes\\u001b[31m"}')]
    env = {"APLOMO_ATTEMPTS": "1", "APLOMO_MODEL": "m", "APLOMO_BASE_URL": server.url}
    done = subprocess.run(
        [sys.executable, "-m", "aplomo", "draft", "hola \x9b31m"],
        capture_output=True,
        cwd=folder,
        env=os.environ | env,
        check=False,
    )
    assert done.returncode == 4
    assert clean(done.stdout.decode().replace("\n", ""))
