"""A storm of hooks: duplicates, reordering, a flapping tool, workers killed at any moment.

Used by a test with few messages, and by `benchmarks/outbox.py` with ten thousand.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aplomo.embed.adapter import Ref
from aplomo.embed.outbox import Outbox
from aplomo.embed.store.entry import OPEN
from helpdesk import DeskAdapter, Helpdesk
from outboxes import PRAISE, outbox

HERE = Path(__file__).parent
TROUBLES = ("500", "500 after saving", "timeout", "partial", "busy", "reset")


@dataclass
class Storm:
    """`messages` customers write once each; every hook comes `copies` times, out of order."""

    store: str
    desk: Helpdesk
    messages: int
    copies: int = 3
    kills: int = 3
    trouble_rate: float = 0.1
    seed: int = 7
    workers: int = 1
    receive_seconds: list[float] = field(default_factory=list[float])
    killed: int = 0
    troubles: Counter[str] = field(default_factory=Counter[str])

    def run(self, told: Callable[[str], None] = lambda line: None) -> Outbox:
        """Blow until nothing is left to do; the outbox, to be looked at."""
        chance = random.Random(self.seed)
        box = outbox(self.store, DeskAdapter(url=self.desk.url))
        refs = [self.desk.customer_writes(PRAISE, thread=f"t{n}") for n in range(self.messages)]
        hooks = self._hooks(refs, chance)
        self.desk.trouble = self._flapping(chance)
        running = [self._worker() for _ in range(self.workers)]
        try:
            for number, (ref, delivery) in enumerate(hooks):
                hook = self.desk.hook(ref, delivery)  # signed now: an hour-old one is refused
                started = time.perf_counter()
                box.receive("desk", *hook)
                self.receive_seconds.append(time.perf_counter() - started)
                self._kill_at_times(running)
                if number % 1000 == 999:
                    told(f"{number + 1}/{len(hooks)} hooks, {self._left(box)} open")
            while (left := self._left(box)) and all(one.poll() is None for one in running):
                told(f"all hooks in, {left} open")
                self._kill_at_times(running)
                time.sleep(0.2)
        finally:
            for one in running:
                one.kill()
                one.wait()
            self.desk.trouble = lambda method, path: None
        return box

    def _hooks(self, refs: list[Ref], chance: random.Random) -> list[tuple[Ref, str]]:
        """Some copies are the same delivery again, some a delivery of their own."""
        hooks: list[tuple[Ref, str]] = []
        for ref in refs:
            for copy in range(self.copies):
                delivery = "" if chance.random() < 0.5 else f"{ref.message_id}-{copy}"
                hooks.append((ref, delivery))
        chance.shuffle(hooks)
        return hooks

    def _flapping(self, chance: random.Random) -> Callable[[str, str], str | None]:
        """Single failures all the time, and now and then a tool that is down altogether."""
        down_until = 0.0

        def trouble(method: str, path: str) -> str | None:
            nonlocal down_until
            now = time.monotonic()
            if chance.random() < 0.001:
                down_until = now + 0.5
            if now < down_until or chance.random() < self.trouble_rate:
                kind = "500" if now < down_until else chance.choice(TROUBLES)
                self.troubles[kind] += 1
                return kind
            return None

        return trouble

    def _worker(self) -> "subprocess.Popen[bytes]":
        run = [sys.executable, str(HERE / "outbox_worker.py"), self.store, self.desk.url]
        paths = [str(HERE), *sys.path]
        return subprocess.Popen(run, env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)})

    def _kill_at_times(self, running: "list[subprocess.Popen[bytes]]") -> None:
        """kill -9 in the midst of the work, and another one in its place."""
        due = self.messages * (self.killed + 1) // (self.kills + 1)
        if self.killed == self.kills or self.desk.writes < due:
            return
        victim = running.pop(0)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.killed += 1
        running.append(self._worker())

    def _left(self, box: Outbox) -> int:
        return box.store.ledger.count(OPEN)
