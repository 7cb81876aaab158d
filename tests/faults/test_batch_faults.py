"""Batches on a server that fails one call in five, and batches that are killed: nothing is lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from misbehaving import Handler, Misbehaving, Reply
from small_world import said

ROWS = 500
SETTINGS = {
    "APLOMO_MODEL": "m",
    "APLOMO_ATTEMPTS": "2",
    "APLOMO_TIMEOUT": "60",
    "APLOMO_DEADLINE": "120",
}
PROTOCOL = """
id: short
languages: [es, en]
questions:
  positive: {text: {es: ¿Elogio?, en: Praise?}, yes: listen, no: failed}
  failed: {text: {es: ¿Fallo?, en: Failure?}, yes: hide, no: listen}
outcomes:
  hide: {action: moderate, department: community}
  listen: {action: no_reply}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.yaml").write_text(PROTOCOL, encoding="utf-8")
    rows = "".join(f"comentario numero {n}\n" for n in range(1, ROWS + 1))
    (tmp_path / "in.csv").write_text("text\n" + rows, encoding="utf-8")
    return tmp_path


def command(*more: str) -> list[str]:
    call = [sys.executable, "-m", "aplomo", "draft", "--input", "in.csv", "--output", "out.jsonl"]
    return [*call, "--protocol", "p.yaml", "--lang", "es", *more]


def numbers(folder: Path) -> list[int]:
    lines = (folder / "out.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    return sorted(json.loads(line)["row"]["number"] for line in lines)


def test_five_hundred_rows_with_a_fifth_of_faults(folder: Path, server: Misbehaving) -> None:
    chance = random.Random(7)
    faults: list[Reply] = [
        server.fails(429, retry_after_ms="5"),
        server.fails(500, retry_after_ms="5"),
        server.resets(),
        server.sends(b"<html>gateway</html>"),
        server.sends(b'{"choices": [{"mess'),
        server.sends({"choices": []}),
        server.says(said("perhaps")),
        server.says("I cannot", refusal="I cannot"),
        server.says(said("no"), finish_reason="content_filter"),
        server.says(said("no"), finish_reason="length"),
    ]
    good = server.says(said("no"))

    def sometimes(handler: Handler) -> None:
        (chance.choice(faults) if chance.random() < 0.2 else good)(handler)

    server.script = [sometimes]
    env = os.environ | SETTINGS | {"APLOMO_BASE_URL": server.url}
    done = subprocess.run(
        command("--concurrency", "8"), cwd=folder, env=env, capture_output=True, check=False
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert numbers(folder) == [*range(1, ROWS + 1)]
    written = (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in written]
    assert {record["schema"] for record in records} == {"aplomo.decision/1"}
    undecided = [r for r in records if "the model gave no answer" in " ".join(r["notes"])]
    assert all(record["status"] == "needs_human" for record in undecided)
    assert 0 < len(undecided) < ROWS / 4


@pytest.mark.parametrize("concurrency", ["1", "6"])
def test_a_killed_batch_resumes_to_the_same_set(
    folder: Path, server: Misbehaving, concurrency: str
) -> None:
    server.script = [server.says(said("no"))]
    env = os.environ | SETTINGS | {"APLOMO_BASE_URL": server.url}
    call = command("--concurrency", concurrency)
    output = folder / "out.jsonl"
    for _ in range(2):
        already = output.stat().st_size if output.exists() else 0
        work = subprocess.Popen([*call, "--resume"], cwd=folder, env=env, stderr=subprocess.DEVNULL)
        while not output.exists() or output.stat().st_size < already + 20_000:
            assert work.poll() is None
            time.sleep(0.005)
        work.send_signal(signal.SIGKILL)
        work.wait()
    data = output.read_bytes()
    assert 0 < data.count(b"\n") < ROWS
    output.write_bytes(data.rstrip(b"\n")[:-40])  # and a torn last line
    done = subprocess.run(
        [*call, "--resume"], cwd=folder, env=env, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert numbers(folder) == [*range(1, ROWS + 1)]
