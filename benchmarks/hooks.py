"""How fast a hook is answered: an open loop of signed hooks over loopback, the model stubbed.

    python benchmarks/hooks.py [--rate 200] [--seconds 30]

The server is a process of its own, as `aplomo serve` runs it (uvicorn, SQLite, two workers that
draft and deliver meanwhile); the generator another. Hooks are due at fixed moments, whatever the
answers do, and each time is counted from the moment the hook was due: a server that stalls is not
given time to recover. One hook in ten is a duplicate.
"""

import argparse
import asyncio
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aplomo.embed.adapter import Caps, Delivered, Inbound, Message, Party, Payload, Ref
from aplomo.embed.signature import Verifier
from aplomo.llm.port import Completion, Request, Usage

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PORT = 8399
KEPT = 3.0
"""Seconds after which an idle connection is not used again: the server ends it after five."""


@dataclass
class Tool:
    """A tool in memory whose every message is from a customer."""

    name: str = "tool"
    account: str = "bench"
    caps: Caps = field(default_factory=lambda: Caps(shape="internal_note", push=True))
    own_ids: frozenset[str] = frozenset({"bot"})
    can_send: bool = False
    notes: dict[str, str] = field(default_factory=dict[str, str])
    verifier: Verifier = field(default_factory=lambda: Verifier.of("standard", [SECRET]))

    def verify(self, headers: Mapping[str, str], raw: bytes) -> str:
        return self.verifier.verify(headers, raw).id

    def parse(self, raw: bytes) -> list[Ref]:
        number = str(json.loads(raw)["message"])
        return [Ref(adapter="tool", account="bench", thread_id=number, message_id=number)]

    def fetch(self, ref: Ref) -> Inbound:
        message = Message(
            id=ref.message_id,
            text="Best coffee in town, thank you!",
            author=Party(id=f"c-{ref.thread_id}", kind="customer"),
            visibility="public",
            direction="incoming",
            created_at=datetime.now(UTC),
        )
        return Inbound(ref=ref, message=message, thread=(message,), lang="en")

    def find_delivered(self, ref: Ref, key: str) -> Delivered | None:
        return Delivered(ref=ref, key=key, id=f"n-{key}") if key in self.notes else None

    def deliver(self, inbound: Inbound, payload: Payload, key: str) -> Delivered:
        self.notes[key] = payload.note
        return Delivered(ref=inbound.ref, key=key, id=f"n-{key}")

    def approval(self, delivered: Delivered) -> None:
        return None

    def withdraw(self, delivered: Delivered) -> bool:
        return True


class Stub:
    """Finds praise in everything, at once."""

    name, host = "stub", ""

    def complete(self, request: Request, *, timeout: float) -> Completion:
        if request.purpose.startswith("answer"):
            names: Any = dict(request.schema or {})["properties"]
            said = dict.fromkeys(names, "no") | {"positive": "yes", "evidence": []}
            return Completion(text=json.dumps(said), usage=Usage(calls=1))
        text = f"Thank you so much, that made our day number {random.random()}!"
        return Completion(text=json.dumps({"reply": text}), usage=Usage(calls=1))

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        return self.complete(request, timeout=timeout)


def serve(folder: Path) -> None:
    import uvicorn

    from aplomo import Drafter
    from aplomo.embed.app import Tokens, create_app
    from aplomo.embed.brakes import Limits
    from aplomo.embed.outbox import Outbox
    from aplomo.embed.store.store import open_store
    from aplomo.embed.worker import Worker

    tool: Any = Tool()
    outbox = Outbox(
        store=open_store(folder / "bench.db"),
        drafter=Drafter(model=Stub()),
        adapter=lambda name: tool,
        limits=Limits(per_adapter_hour=10**9),
    )
    worker = Worker(outbox=outbox, threads=2)
    app = create_app(outbox, tokens=Tokens(folder / "t.json"), hooks=["tool"], worker=worker)
    sys.setswitchinterval(0.0005)  # as `aplomo serve` does
    uvicorn.run(app, port=PORT, log_level="warning", access_log=False, server_header=False)


class Generator:
    """Sends hooks at their moments over as many connections as that takes."""

    def __init__(self) -> None:
        self.idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.seconds: list[float] = []
        self.codes: dict[int, int] = {}
        self.verifier = Verifier.of("standard", [SECRET])

    async def hook(self, number: int, due: float) -> None:
        raw = json.dumps({"message": number, "text": "x" * 1500}).encode()
        headers = self.verifier.headers(raw, id=f"d-{number}")
        lines = [f"{k}: {v}" for k, v in headers.items()] + [f"content-length: {len(raw)}"]
        head = "\r\n".join(["POST /hooks/tool HTTP/1.1", "host: localhost", *lines, "", ""])
        reader, writer = await self._connection()
        writer.write(head.encode() + raw)
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := await reader.readline()).strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        await reader.readexactly(length)
        self.seconds.append(time.perf_counter() - due)
        self.codes[status] = self.codes.get(status, 0) + 1
        self.idle.append((time.monotonic(), reader, writer))

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self.idle:
            used, reader, writer = self.idle.pop()
            if time.monotonic() - used < KEPT:
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", PORT)

    async def run(self, rate: float, seconds: float, first: int = 0) -> None:
        start, tasks = time.perf_counter(), list[asyncio.Task[None]]()
        for n in range(int(rate * seconds)):
            due = start + n / rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            number = first + (n - 5 if n % 10 == 9 else n)
            tasks.append(asyncio.create_task(self.hook(number, due)))
        await asyncio.gather(*tasks)


async def measure(rate: float, seconds: float) -> Generator:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            await Generator().run(1, 1, first=10**9)
            break
        except OSError:
            await asyncio.sleep(0.2)
    await Generator().run(rate, 3, first=2 * 10**9)  # warm
    generator = Generator()
    await generator.run(rate, seconds)
    return generator


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--serve", type=Path)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve)
        return
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([sys.executable, __file__, "--serve", folder])
        try:
            found = asyncio.run(measure(given.rate, given.seconds))
        finally:
            server.terminate()
            server.wait(60)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    times = sorted(second * 1000 for second in found.seconds)
    at = {f"p{q}": times[min(len(times) - 1, int(len(times) * q / 100))] for q in (50, 90, 99)}
    shown = ", ".join(f"{name} {value:.1f} ms" for name, value in at.items())
    print(f"{len(times)} hooks at {given.rate:.0f}/s: {shown}, max {times[-1]:.1f} ms")
    print(f"answers: {found.codes}; connections: {len(found.idle)}")
    processor = spent.ru_utime + spent.ru_stime
    print(f"processor time of the server, start and drafting too: {processor:.1f} s")


if __name__ == "__main__":
    main()
