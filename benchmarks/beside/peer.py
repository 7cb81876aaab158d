"""A peer as a process of its own: a comment in, an answer out, and a clock between."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
PATIENCE, START = 600.0, 1800.0
"""Seconds that one comment, and the start of a peer, may take: some ask the model as they start."""

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a peer made of one comment: an outcome id and a reply, or an error; in seconds."""

    outcome: str | None = None
    reply: str | None = None
    error: str | None = None
    note: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PeerKind:
    """A peer that can be run: its row's title, its module, and what it needs installed."""

    title: str
    module: str
    requirements: str | None = None
    """The file of what its own environment holds; None for Aplomo's."""


PEERS: Mapping[str, PeerKind] = {
    "aplomo": PeerKind(title="Aplomo", module="aplomo_itself"),
    "single": PeerKind(title="One prompt told everything", module="single_prompt"),
    "langgraph": PeerKind(
        title="LangGraph, a node per question",
        module="langgraph_nodes",
        requirements="langgraph.txt",
    ),
    "nemo": PeerKind(
        title="NeMo Guardrails, Colang 2", module="nemo_colang", requirements="nemo.txt"
    ),
    "parlant": PeerKind(
        title="Parlant, guidelines", module="parlant_guidelines", requirements="parlant.txt"
    ),
}


@dataclass
class Peer:
    """A running peer. One that dies or says nothing is an error on every comment after."""

    process: subprocess.Popen[str]
    lines: "queue.Queue[str | None]" = field(default_factory=lambda: queue.Queue())
    broken: str | None = None

    def ask(self, case: Plain, patience: float = PATIENCE) -> Answer:
        """The answer to one comment, and how long it took."""
        if self.broken:
            return Answer(error=self.broken)
        started = time.perf_counter()
        try:
            self._input.write(json.dumps(case, ensure_ascii=False) + "\n")
            self._input.flush()
            said = self.hear(patience)
        except (OSError, ValueError, TimeoutError) as error:
            self.broken = f"the peer is gone: {error}"
            return Answer(error=self.broken, seconds=time.perf_counter() - started)
        return Answer(**said, seconds=time.perf_counter() - started)

    def hear(self, patience: float) -> Plain:
        """What it says next. Raises TimeoutError, or OSError when it has ended."""
        try:
            line = self.lines.get(timeout=patience)
        except queue.Empty:
            raise TimeoutError(f"nothing said in {patience:.0f} s") from None
        if line is None:
            raise OSError(f"it ended with code {self.process.wait(10)}")
        said: Plain = json.loads(line)
        return said

    def listen(self) -> None:
        """Collect what it says; a read of its own, so that silence can be timed."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    @property
    def _input(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin


@contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[Peer]:
    """A peer, started and ready, ended with the block; what it prints goes to `log`."""
    with (
        log.open("a", encoding="utf-8") as errors,
        subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        ) as process,
    ):
        peer = Peer(process=process)
        listening = threading.Thread(target=peer.listen)
        listening.start()
        try:
            peer.hear(START)
        except (OSError, TimeoutError, ValueError) as error:
            peer.broken = f"it did not start: {error}; see {log}"
        try:
            yield peer
        finally:
            process.kill()
            listening.join()


def command(name: str, python: Path | None, brief: Path, url: str, model: str) -> list[str]:
    """The command that runs the peer called `name`; `python` is its own environment's, if any."""
    module = f"benchmarks.beside.peers.{PEERS[name].module}"
    return [str(python or sys.executable), "-m", module, str(brief), url, model]
