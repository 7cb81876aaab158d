import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aplomo.errors import ModelMissing
from aplomo.llm.embedded import EmbeddedModel, Slots
from aplomo.llm.port import Request
from aplomo.llm.settings import ModelSettings
from aplomo.llm.weights import DEFAULT_WEIGHTS, locate

CACHED = locate()  # before the tests' environment is cleaned


@pytest.fixture(autouse=True)
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APLOMO_CACHE", str(tmp_path / "cache"))


def test_missing_weights_say_how_to_get_them(request_: Request, tmp_path: Path):
    model = EmbeddedModel()
    with pytest.raises(ModelMissing) as caught:
        model.complete(request_, timeout=1)
    assert caught.value.hint == "fetch it with: aplomo model pull"
    assert not caught.value.reached
    with pytest.raises(ModelMissing, match="nowhere"):
        asyncio.run(EmbeddedModel(path=tmp_path / "nowhere").acomplete(request_, timeout=1))
    model.close()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a GGUF file"),
        (b"<html>no such model</html>", "not a GGUF file"),
        (b"GGUF\x03\0\0\0" + b"\xff" * 500, "cannot be loaded"),
        (b"GGUF", "cannot be loaded"),
    ],
)
def test_broken_weights_never_crash(request_: Request, tmp_path: Path, content: bytes, why: str):
    pytest.importorskip("xllamacpp", reason="needs the extra 'embedded'")
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelMissing, match=why):
        EmbeddedModel(path=path).complete(request_, timeout=1)


def test_without_the_package_that_runs_it(
    request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "other.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelMissing) as caught:
        EmbeddedModel(path=path).complete(request_, timeout=1)
    assert caught.value.hint == "install it with: pip install 'aplomo[embedded]'"


def test_its_name_is_the_pinned_one_only_for_the_pinned_file(tmp_path: Path):
    other = tmp_path / "tuned.gguf"
    other.write_bytes(b"GGUF")
    assert EmbeddedModel.from_settings(ModelSettings()).name == DEFAULT_WEIGHTS.name
    assert EmbeddedModel.from_settings(ModelSettings(weights=other)).name == "tuned"
    named = EmbeddedModel.from_settings(ModelSettings(weights=other), path="/x/first.gguf")
    assert named.name == "first"


class FakeServer:
    """Stands for the native server: keeps what it was started with."""

    started: list[Any] = []  # noqa: RUF012  shared on purpose
    listening_address = "http://127.0.0.1:9"

    def __init__(self, params: Any) -> None:
        self.started.append(params)

    def handle_metrics(self) -> str:
        return ""

    def handle_embeddings(self, body: Any) -> None:
        assert body["input"]


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    native = pytest.importorskip("xllamacpp", reason="needs the extra 'embedded'")
    monkeypatch.setattr(native, "Server", FakeServer)
    monkeypatch.setattr(FakeServer, "started", [])
    path = tmp_path / "other.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_loaded_once_closed_to_others_and_silent(other: Path):
    with EmbeddedModel(path=other, threads=1) as one, EmbeddedModel(path=other, threads=1) as two:
        assert one.load() is two.load()
    assert len(FakeServer.started) == 1
    params = FakeServer.started[0]
    assert params.hostnames == ["127.0.0.1"]
    assert len(params.api_keys[0]) >= 32
    assert (params.cors_origins, params.ui) == ("", False)
    assert (params.n_ctx, params.n_parallel, params.cache_ram_mib) == (16384, 3, 0)
    assert params.verbosity < 0


def test_threads_sleep_at_barriers_unless_told_otherwise(
    other: Path, monkeypatch: pytest.MonkeyPatch
):
    for given, kept in ((None, "2000"), ("9", "9")):
        monkeypatch.setattr(os, "environ", {"GOMP_SPINCOUNT": given} if given else {})
        with EmbeddedModel(path=other) as model:
            model.load()
        assert os.environ["GOMP_SPINCOUNT"] == kept


def test_after_closing_it_loads_again(other: Path):
    model = EmbeddedModel(path=other)
    first = model.load()
    model.close()
    model.close()
    assert model.load() is not first
    model.close()


def test_each_purpose_keeps_a_slot_until_a_newer_one_needs_it():
    slots = Slots()
    asked = ["answer:1", "draft:es", "answer:1", "draft:en", "draft:es", "draft:pt", "draft:es"]
    requests = [Request(purpose=purpose, messages=()) for purpose in asked]
    given = [slots.extra_fields(request)["id_slot"] for request in requests]
    assert given == [0, 1, 0, 1, 0, 1, 0]


def test_json_is_generated_without_spaces(request_: Request):
    extra = Slots().extra_fields(request_)
    assert extra["cache_prompt"] is True
    head, _, schema = extra["grammar"].partition("%json ")
    assert head == "%llguidance {}\nstart: "
    compact = json.loads(schema)["x-guidance"]
    assert compact == {
        "whitespace_flexible": False,
        "item_separator": ",",
        "key_separator": ":",
    }


@pytest.mark.skipif(CACHED is None, reason="the weights are not cached: aplomo model pull")
def test_the_real_model_answers_and_ends_cleanly(monkeypatch: pytest.MonkeyPatch):
    assert CACHED is not None
    monkeypatch.setenv("APLOMO_CACHE", str(CACHED.parents[1]))  # where its check is noted
    program = """
from aplomo.llm.embedded import EmbeddedModel
from aplomo.llm.port import Message, Request
schema = {"type": "object", "properties": {"a": {"enum": ["yes", "no"]}}, "required": ["a"]}
ask = Message(role="user", content='Is water wet? Answer JSON: {"a":"yes|no"}')
request = Request(purpose="answer:1", messages=(ask,), schema=schema, top_logprobs=5)
answer = EmbeddedModel().complete(request, timeout=60)
print(answer.text, "".join(token.text for token in answer.tokens) == answer.text)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    assert run.stdout in ('{"a":"yes"} True\n', '{"a":"no"} True\n')
    assert run.stderr == ""
