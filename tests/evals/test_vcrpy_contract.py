"""What we use of vcrpy beyond its public face: when one of these fails, look before upgrading."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
import vcr
from openai import OpenAI
from vcr.cassette import Cassette

from aplomo.evals.recording.asking import Asking, on_behalf_of
from aplomo.evals.recording.cassette import Unrecorded, playing, recording
from aplomo.evals.recording.tape import Recording, Tape
from oracle import Oracle
from suite_made import Made

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


@contextmanager
def asking(case: str = "c") -> Generator[Asking]:
    with on_behalf_of(case) as who:
        who.purpose = "test"
        yield who


def ask(url: str, text: str = "hi") -> str:
    with OpenAI(base_url=url, api_key="k", max_retries=0) as client:
        completion = client.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": text}],
            response_format=FORMAT,  # type: ignore[arg-type]
        )
    return completion.choices[0].message.content or ""


def refuse(who: Asking, body: str) -> Recording:
    raise Unrecorded(who.place)


def test_the_members_we_override_are_called(oracle: Oracle) -> None:
    for name in ("can_play_response_for", "play_response", "append", "filter_request", "_save"):
        assert callable(getattr(Cassette, name)), name


def test_record_replay_and_miss(oracle: Oracle) -> None:
    kept: list[Recording] = []
    tape = Tape()
    with recording(tape, kept.append), asking():
        said = ask(oracle.url)
    assert len(kept) == len(tape) == 1
    with playing(Tape(kept), refuse), asking() as who:
        assert ask("http://127.0.0.1:9/v1") == said
        assert who.asked.total() == 1
        with pytest.raises(Unrecorded):
            ask("http://127.0.0.1:9/v1")
        with pytest.raises(Unrecorded):
            ask("http://127.0.0.1:9/v1", "other")
    assert oracle.calls == 1


def test_a_repeated_request_is_recorded_again_and_played_in_order(oracle: Oracle) -> None:
    tape = Tape()
    with recording(tape, lambda one: None), asking():
        ask(oracle.url)
        ask(oracle.url)
    assert [one.position for one in tape] == [0, 1]
    with playing(tape, refuse), asking(), httpx2.Client() as _:
        ask("http://127.0.0.1:9/v1")
        ask("http://127.0.0.1:9/v1")


def test_what_is_no_model_call_goes_by(oracle: Oracle) -> None:
    tape = Tape()
    with recording(tape, lambda one: None):
        ask(oracle.url)
    with playing(tape, refuse):
        ask(oracle.url)
    assert (len(tape), oracle.calls) == (0, 2)


def test_only_the_clients_asked_for_are_patched(oracle: Oracle) -> None:
    """The embedded model saves slots with the standard library's client while it is asked."""
    from http.client import HTTPConnection as Plain

    tape = Tape()
    with recording(tape, lambda one: None):
        from http.client import HTTPConnection

        assert HTTPConnection is Plain
    with recording(tape, lambda one: None, any_client=True):
        from http.client import HTTPConnection

        assert HTTPConnection is not Plain


def test_errors_are_not_kept(oracle: Oracle) -> None:
    tape = Tape()
    oracle.failing = {"hi"}
    with recording(tape, lambda one: None), asking(), pytest.raises(Exception, match="busy"):
        ask(oracle.url)
    assert len(tape) == 0


def test_plain_vcrpy_plays_our_files(recorded: Made) -> None:
    (path,) = recorded.recordings.glob("*.json")
    entry = json.loads(path.read_text(encoding="utf-8"))["interactions"][0]
    request = entry["request"]
    plain: Any = vcr.VCR
    recorder = plain(serializer="json", record_mode="none")
    match_on = ["method", "scheme", "host", "path", "body"]
    with (
        recorder.use_cassette(str(path), match_on=match_on) as cassette,
        httpx2.Client() as client,
    ):
        response = client.post(
            request["uri"],
            content=request["body"].encode(),
            headers={"content-type": "application/json"},
        )
        assert response.text == entry["response"]["body"]["string"]
        assert cassette.play_count == 1


def test_files_hold_no_header_but_the_allowed(recorded: Made) -> None:
    (path,) = recorded.recordings.glob("*.json")
    text = path.read_text(encoding="utf-8")
    for word in ("set-cookie", "openai-organization", "authorization", "user-agent", "127.0.0.1"):
        assert word not in text.lower()
    data = json.loads(text)
    keys = [(e["recorded"]["key"], e["recorded"]["position"]) for e in data["interactions"]]
    assert keys == sorted(keys)
    assert text == json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
