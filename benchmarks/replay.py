"""Replay of recorded calls through the real SDK: how fast, and how it grows with their number.

    python benchmarks/replay.py [100 1000 5000]
    python benchmarks/replay.py 100 1000 --peers /tmp/peers/bin/python --stock-most 1000

Each size in a process of its own, one after the other: loading the recordings from disk and
playing each call once. Beside it stock vcrpy, on the same recordings and requests, matching on the
body (for at most 100, as its time is quadratic), and with --peers what other harnesses spend on
the same calls: see `peers.py` and `peers.txt`. Seconds are of wall-clock, and of CPU, which other
programs on the machine disturb less.
"""

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

PATH = "/v1/chat/completions"
Timed = tuple[float, float]


def requests(count: int) -> list[Any]:
    from aplomo import Comment
    from aplomo.answer.judge import Round
    from aplomo.assets import asset
    from aplomo.prompt import load_prompt
    from aplomo.protocol.load import load

    round_ = Round(
        load(asset("protocols", "basic-guide.yaml")), 1, load_prompt("answer"), load_prompt("state")
    )
    return [round_.request(Comment(text=f"Me encanta, van {n} veces")) for n in range(count)]


def client() -> Any:
    from aplomo.evals.lock import ModelLock
    from aplomo.evals.replay import replay_model
    from aplomo.llm.settings import ModelSettings

    return replay_model(ModelLock(kind="embedded", name="m"), ModelSettings())


def store(folder: Path) -> Any:
    from aplomo.evals.recording.store import Store

    return Store(folder / "recordings", folder / "work")


def write(folder: Path, count: int) -> int:
    """Recordings of `count` calls, as a server would have answered them; their bytes on disk."""
    from aplomo.evals.recording.key import canonical, key_of
    from aplomo.evals.recording.slim import slimmed
    from aplomo.evals.recording.tape import Recording
    from aplomo.llm.embedded import Slots
    from aplomo.llm.openai_compatible import OpenAICompatible
    from oracle import answer

    body_of = OpenAICompatible(model="m", structured="none", extra=Slots().extra_fields)._body  # noqa: SLF001
    made: list[Recording] = []
    for request in requests(count):
        sent = body_of(request)
        body = canonical(json.dumps(sent))
        response = {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["application/json"]},
            "body": {"string": slimmed(json.dumps(answer(sent)))},
        }
        made.append(
            Recording(
                key=key_of("POST", PATH, body),
                position=0,
                method="POST",
                path=PATH,
                body=body,
                response=response,
                on="2026-01-01",
            )
        )
    store(folder).save(made)
    return sum(path.stat().st_size for path in (folder / "recordings").iterdir())


def ours(folder: Path, count: int) -> dict[str, Timed]:
    from aplomo.evals.recording.asking import on_behalf_of
    from aplomo.evals.recording.cassette import Unrecorded, playing
    from aplomo.evals.recording.offline import offline
    from aplomo.evals.recording.tape import Tape

    def refuse(who: Any, body: str) -> Any:
        raise Unrecorded(who.place)

    model, asked = client(), requests(count)
    loaded: list[Any] = []
    loading = timed(lambda: loaded.extend(store(folder).load()))

    def play() -> None:
        for request in asked:
            with on_behalf_of("case"):
                model.complete(request, timeout=60)

    with playing(Tape(loaded), refuse), offline():
        with on_behalf_of("warm-up"):
            model.complete(asked[0], timeout=60)
        return {"load": loading, "play": timed(play)}


def stock(folder: Path, count: int) -> dict[str, Timed]:
    """The same files and requests, by vcrpy alone: one file, matching on method, path and body."""
    import vcr

    model, asked = client(), requests(count)
    body_of = model._model._body  # noqa: SLF001
    entries = [
        entry
        for path in sorted((folder / "recordings").iterdir())
        for entry in json.loads(path.read_text(encoding="utf-8"))["interactions"]
    ]
    by_comment = {json.loads(e["request"]["body"])["messages"][-1]["content"]: e for e in entries}
    for request in asked:  # what stock vcrpy would have stored: the body as it was sent
        entry = by_comment[request.messages[-1].content]
        entry["request"]["body"] = json.dumps(body_of(request))
    whole = folder / "stock.json"
    whole.write_text(json.dumps({"version": 1, "interactions": entries}), encoding="utf-8")

    def play() -> None:
        for request in asked:
            model.complete(request, timeout=60)

    recorder = vcr.VCR(serializer="json", record_mode="none", match_on=["method", "path", "body"])
    with recorder.use_cassette(str(whole)):
        return {"play": timed(play)}


PEERS = ("openai SDK alone", "pydantic-evals", "deepeval")


def peers(folder: Path, count: int, python: str) -> Iterator[tuple[str, Timed]]:
    """The same calls through other harnesses, each in a process of its environment."""
    entries = [
        entry
        for path in sorted((folder / "recordings").iterdir())
        for entry in json.loads(path.read_text(encoding="utf-8"))["interactions"]
    ]
    bodies = [json.loads(entry["request"]["body"]) for entry in entries[:count]]
    calls = [
        {
            "comment": body["messages"][-1]["content"],
            "body": body,
            "answer": entry["response"]["body"]["string"],
        }
        for body, entry in zip(bodies, entries, strict=True)
    ]
    handed = folder / "calls.json"
    handed.write_text(json.dumps(calls), encoding="utf-8")
    for name in PEERS:
        command = [python, str(Path(__file__).with_name("peers.py")), str(handed), name]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name} failed: {done.stderr.strip()[-300:]}", file=sys.stderr)
            continue
        wall, cpu = json.loads(done.stdout.splitlines()[-1])
        yield name, (wall, cpu)


def timed(work: Callable[[], object]) -> Timed:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def apart(work: Callable[[Path, int], dict[str, Timed]], folder: Path, count: int) -> Any:
    """`work` in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (folder, count))


def line(what: str, count: int, spent: Timed, base: Timed | None = None) -> None:
    ratio = f"{spent[1] / base[1]:>8.1f} ×" if base else ""
    print(
        f"{count:>6} {what:<26}{spent[0]:>9.2f} s {count / spent[0]:>9.0f}/s"
        f"{spent[1]:>9.2f} CPU s {count / spent[1]:>9.0f}/CPU s{ratio}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Replay of recorded calls: how fast?")
    parser.add_argument("sizes", nargs="*", type=int, default=[100, 1000, 5000])
    parser.add_argument("--peers", metavar="PYTHON", help="That of an environment of peers.txt.")
    parser.add_argument("--stock-most", type=int, default=100, help="Calls for stock vcrpy.")
    given = parser.parse_args()
    for count in given.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            size = write(folder, count)
            print(f"{count} recordings, {size / 1e6:.1f} MB")
            found = apart(ours, folder, count)
            line("aplomo: load", count, found["load"])
            line("aplomo: play", count, found["play"])
            if count <= given.stock_most:
                line("stock vcrpy: play", count, apart(stock, folder, count)["play"], found["play"])
            if given.peers:
                for peer, spent in peers(folder, count, given.peers):
                    line(f"{peer}, from memory", count, spent, found["play"])


if __name__ == "__main__":
    main()
