"""The same suite gives the same requests: in any process, and without the embedded model's weights."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aplomo.evals.lock import load_lock
from aplomo.evals.session import replay
from aplomo.llm.embedded import Slots
from aplomo.llm.openai_compatible import OpenAICompatible
from oracle import Oracle
from suite_made import Made, record

SOURCE = Path(__file__).parents[2] / "src"
RENDER = """
import hashlib
from aplomo import Comment, Drafter, ScriptedModel
from aplomo.llm.openai_compatible import OpenAICompatible
from aplomo.llm.embedded import Slots
from aplomo.draft import Draft
drafter = Drafter(model=ScriptedModel([]), protocol="basic-guide")
body = OpenAICompatible(model="m", extra=Slots().extra_fields)._body
round_ = drafter.kit.rounds.round(1)
for lang, text in (("es", "Me encanta"), ("en", "I love it")):
    request = round_.request(Comment(text=text, lang=lang))
    print(hashlib.sha256(repr(body(request)).encode()).hexdigest())
print(round_.sha256)
"""


def test_every_process_renders_a_prompt_to_the_same_bytes(tmp_path: Path) -> None:
    seen = {
        subprocess.run(
            [sys.executable, "-c", RENDER],
            env={**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONHASHSEED": seed},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(seen) == 1
    assert len(seen.pop().splitlines()) == 3


def test_two_recordings_of_a_suite_are_the_same_bytes(recorded: Made, oracle: Oracle) -> None:
    before = recorded.bytes()
    assert record(oracle.url, "--all", "--concurrency", "4").exit_code == 0
    assert oracle.calls
    assert recorded.bytes() == before


def test_the_embedded_model_is_replayed_without_its_weights(
    made: Made, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded as it asks (its own fields, a port of its own), replayed by a client alone."""

    class Embedded(OpenAICompatible):
        @property
        def host(self) -> str:
            return ""

    def opened(settings: object) -> Embedded:
        return Embedded(
            model="tiny.gguf",
            base_url=oracle.url,
            structured="none",
            extra=Slots().extra_fields,
            at_once=1,
        )

    monkeypatch.setattr("aplomo.llm.open.open_model", opened)
    result = record("http://127.0.0.1:1/v1", "--all", model="embedded")
    assert result.exit_code == 0, result.output
    assert any("id_slot" in body for body in oracle.bodies)
    lock = load_lock(made.folder / "lock.json")
    assert lock is not None
    assert (lock.model.kind, lock.model.name, lock.model.host) == ("embedded", "tiny.gguf", "")
    calls = oracle.calls
    monkeypatch.undo()
    monkeypatch.chdir(made.root)
    result_ = replay(made.bench())
    assert (result_.served, result_.missed, result_.unplayed) == (calls, 0, 0)
    assert oracle.calls == calls
    decision = result_.results[0].decision
    assert decision is not None
    assert decision["model"] == {"name": "tiny.gguf", "base_url_host": ""}
    bodies = [json.loads(one.body) for one in made.bench().place.store.load()]
    assert all("grammar" in body and "id_slot" not in body for body in bodies)
