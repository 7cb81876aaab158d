"""A recording that is interrupted, killed, or started twice: nothing finished is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from aplomo.evals.session import replay
from oracle import Oracle, serving
from suite_made import Made, aplomo, record

SOURCE = Path(__file__).parents[2] / "src"


def start(url: str, *arguments: str) -> "subprocess.Popen[str]":
    """The recording in a process of its own."""
    command = [sys.executable, "-m", "aplomo", "evals", "record", "mini", "--yes"]
    command += ["--model", "m", "--base-url", url, "--concurrency", "1", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(
        preexec_fn=_heeds_interrupts,
        args=command,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def _heeds_interrupts() -> None:
    """What runs in the background of a shell ignores Ctrl-C, and so would all it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_for(oracle: Oracle, calls: int) -> None:
    deadline = time.monotonic() + 60
    while oracle.calls < calls and time.monotonic() < deadline:
        time.sleep(0.01)
    assert oracle.calls >= calls


def asked_again(oracle: Oracle, before: Sequence[object]) -> int:
    return sum(body in before for body in oracle.bodies)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("mode", ["--misses", "--all"])
def test_an_interruption_loses_no_finished_call(made: Made, how: signal.Signals, mode: str) -> None:
    with serving(seconds=0.2) as oracle:
        process = start(oracle.url, mode)
        wait_for(oracle, 4)
        process.send_signal(how)
        _, told = process.communicate(timeout=60)
        assert process.returncode == (130 if how is signal.SIGINT else -how), told
        finished = oracle.bodies[:3]
        oracle.bodies.clear()
        oracle.seconds = 0.0
        result = record(oracle.url, mode)
        assert result.exit_code == 0, result.output
        assert asked_again(oracle, finished) == 0
    result = replay(made.bench())
    assert (result.missed, result.unplayed) == (0, 0)
    assert result.served >= 6


def test_what_the_workers_of_an_interrupted_recording_still_get_is_kept(made: Made) -> None:
    with serving(seconds=0.3) as oracle:
        process = start(oracle.url, "--misses", "--concurrency", "3")
        wait_for(oracle, 5)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130, told
        finished = list(oracle.bodies)
        oracle.bodies.clear()
        oracle.seconds = 0.0
        assert record(oracle.url, "--misses").exit_code == 0
        assert asked_again(oracle, finished) == 0


def test_an_interrupted_recording_of_all_leaves_the_old_ones(recorded: Made) -> None:
    before = recorded.bytes()
    with serving(seconds=0.2) as oracle:
        process = start(oracle.url, "--all")
        wait_for(oracle, 3)
        process.kill()
        process.communicate(timeout=60)
    assert recorded.bytes() == before
    assert replay(recorded.bench()).complete


def test_a_second_process_is_refused_and_harms_nothing(made: Made) -> None:
    with serving(seconds=0.2) as oracle:
        first = start(oracle.url, "--misses")
        wait_for(oracle, 1)
        second = start(oracle.url, "--misses")
        _, told = second.communicate(timeout=60)
        assert second.returncode == 2, told
        assert "another process is recording this suite" in told
        _, told = first.communicate(timeout=120)
        assert first.returncode == 0, told
    result = replay(made.bench())
    assert (result.missed, result.unplayed) == (0, 0)


def test_a_torn_journal_counts_up_to_its_last_whole_line(made: Made, oracle: Oracle) -> None:
    assert record(oracle.url, "--misses", "--most", "2").exit_code == 0
    store = made.bench().place.store
    (whole, *_) = store.load()
    made.recordings.joinpath("all.json").unlink()
    store.note(whole)
    journal = made.folder / ".recording" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + journal.read_bytes()[:200])
    assert store.load() == [whole]
    oracle.bodies.clear()
    assert record(oracle.url, "--misses").exit_code == 0
    assert not journal.exists()
    assert aplomo("run", "mini").exit_code == 0
