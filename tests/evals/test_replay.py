"""Replay: nothing leaves the process, and whatever is not recorded is told."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from aplomo.errors import ConfigError, DocumentError, UsageError
from aplomo.evals.recording.cassette import Unrecorded
from aplomo.evals.recording.offline import offline
from aplomo.evals.session import Session, replay
from suite_made import Made, aplomo


def entries(made: Made) -> tuple[Path, Any]:
    (path,) = made.recordings.glob("*.json")
    return path, json.loads(path.read_text(encoding="utf-8"))


def test_a_miss_names_the_case_the_round_and_the_difference(recorded: Made) -> None:
    recorded.edit("prompts/answer.md", "public comment", "public remark")
    result = replay(recorded.bench())
    missed = [one for one in result.results if one.missed]
    assert len(missed) == result.missed == 6
    assert missed[0].decision is None
    told = missed[0].error or ""
    assert told.startswith("case c0, answer:1: this call has no recording")
    assert "message 1 (system):" in told
    assert "public remark" in told
    assert "public comment" in told
    assert len(told) < 2000


def test_cases_in_threads_are_answered_alike(recorded: Made) -> None:
    alone = replay(recorded.bench())
    threads = replay(recorded.bench(), concurrency=4)
    assert (threads.served, threads.missed, threads.unplayed) == (alone.served, 0, 0)
    assert [one.calls for one in threads.results] == [one.calls for one in alone.results]


def test_a_recording_deleted_is_missed(recorded: Made) -> None:
    path, data = entries(recorded)
    gone = data["interactions"].pop(0)
    path.write_text(json.dumps(data), encoding="utf-8")
    result = replay(recorded.bench())
    assert result.missed == 1
    assert gone["recorded"]["key"]
    command = aplomo("run", "mini")
    assert command.exit_code == 1
    assert "1 calls have no recording" in command.output


def test_a_recording_added_is_an_orphan(recorded: Made) -> None:
    path, data = entries(recorded)
    extra = json.loads(json.dumps(data["interactions"][0]))
    extra["recorded"]["position"] = 1
    data["interactions"].append(extra)
    path.write_text(json.dumps(data), encoding="utf-8")
    assert replay(recorded.bench()).unplayed == 1
    command = aplomo("run", "mini")
    assert command.exit_code == 1
    assert "orphans" in command.output
    assert aplomo("run", "mini", "--case", "c0").exit_code == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("gracias por escribirnos", "gracias por llamarnos"),
        ("Me encanta vuestro café", "Me gusta vuestro café"),
        ('"version": 1', '"version: 1'),
        ('"recorded"', '"taped"'),
    ],
)
def test_a_recording_changed_by_hand_is_refused(recorded: Made, old: str, new: str) -> None:
    path, _ = entries(recorded)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"all\.json: recordings are damaged") as refused:
        replay(recorded.bench())
    assert refused.value.hint


def test_two_answers_to_one_request_are_played_in_sequence(recorded: Made) -> None:
    bench = recorded.bench()
    with Session(bench) as session:
        rounds = session.drafter.kit.rounds
        assert rounds
        case = bench.suite.cases[0]
        request = rounds.round(1).request(case.comment)
        (first,) = [o for o in session.tape if o.key == session.run(case).calls[0].key]
    path, data = entries(recorded)
    (kept,) = [e for e in data["interactions"] if e["recorded"]["key"] == first.key]
    second = json.loads(json.dumps(kept))
    second["recorded"]["position"] = 1
    second["response"]["body"]["string"] = kept["response"]["body"]["string"].replace('"m"', '"n"')
    second["recorded"]["sha256"] = sha256_of(second["response"])
    data["interactions"].append(second)
    path.write_text(json.dumps(data), encoding="utf-8")

    from aplomo.evals.recording.asking import on_behalf_of

    with Session(bench) as session, offline(), on_behalf_of("c0") as who:
        for _ in range(2):
            session.drafter.model.complete(request, timeout=5)
        assert [call.key for call in who.calls] == [first.key, first.key]
        assert session.tape.served == 2
        with pytest.raises(Unrecorded, match="each of its answers is played already"):
            session.drafter.model.complete(request, timeout=5)


def sha256_of(response: object) -> str:
    import hashlib

    return hashlib.sha256(
        json.dumps(response, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


def test_the_network_is_shut(recorded: Made) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    refused = pytest.raises(Unrecorded, match="a replay is offline")
    with socket.socket() as caller, offline(), offline(), refused:
        caller.connect(listening.getsockname())
    socket.create_connection(listening.getsockname()).close()
    listening.close()


def test_one_suite_at_a_time_in_a_process(recorded: Made) -> None:
    bench = recorded.bench()
    with Session(bench), pytest.raises(UsageError, match="another suite is open"):
        Session(bench).__enter__()
    assert replay(bench).missed == 0


def test_a_suite_that_was_never_recorded_says_how(made: Made) -> None:
    result = aplomo("run", "mini")
    assert isinstance(result.exception, ConfigError)
    assert "--all" in (result.exception.hint or "")


@pytest.mark.parametrize(
    "arguments",
    [("run", "maxi"), ("run", "mini", "--case", "c99"), ("run", "mini", "--protocol", "other")],
)
def test_what_is_not_there_is_said(recorded: Made, arguments: tuple[str, ...]) -> None:
    result = aplomo(*arguments)
    assert isinstance(result.exception, UsageError)


def test_a_run_is_written_for_machines(recorded: Made) -> None:
    from aplomo.evals.result import load_run

    assert aplomo("run", "mini", "--json", "out/run.json").exit_code == 0
    assert load_run(Path("out/run.json")).complete


def test_an_answer_with_a_secret_fails_the_run(recorded: Made) -> None:
    path, data = entries(recorded)
    entry = data["interactions"][0]
    entry["response"]["body"]["string"] += " "
    leak = '{"leak":"write to pepa.lopez@correo.es"}'
    entry["response"]["headers"]["x"] = [leak]
    entry["recorded"]["sha256"] = sha256_of(entry["response"])
    path.write_text(json.dumps(data), encoding="utf-8")
    result = aplomo("run", "mini")
    assert result.exit_code == 1
    assert "holds an e-mail address: pepa…" in result.output
    allowed = recorded.root / "evals/mini/allowed.txt"
    allowed.write_text("pepa.lopez@correo.es\n", encoding="utf-8")
    assert aplomo("run", "mini").exit_code == 0


def test_a_label_that_names_no_question_is_refused_when_the_suite_is_opened(recorded: Made) -> None:
    recorded.edit("evals/mini/cases.yaml", '{positive: "yes"}', '{positve: "yes"}')
    told = aplomo("run", "mini").exception
    assert isinstance(told, DocumentError)
    assert "no protocol asks 'positve' (did you mean 'positive'?)" in str(told)
