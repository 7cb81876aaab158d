"""An outbox on the small world: a helpdesk, a store and a model that always says the same."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aplomo import Drafter
from aplomo.embed.adapter import Adapter
from aplomo.embed.brakes import Limits
from aplomo.embed.outbox import Outbox
from aplomo.embed.store.entry import Entry
from aplomo.embed.store.store import open_store
from aplomo.llm.port import Completion, Request, Usage
from helpdesk import Helpdesk
from small_world import BRAND, GOOD, PROTOCOL

PRAISE = "Me encanta vuestro café"
QUICK = Limits(first_wait=0.01, longest_wait=0.05, breaker_seconds=0.05, per_adapter_hour=1000000)


@dataclass
class SteadyModel:
    """Finds praise in everything that says `café`, and nothing else; counts its calls."""

    name: str = "steady"
    host: str = ""
    calls: int = 0
    replies: dict[str, Any] = field(default_factory=lambda: {"reply": GOOD})

    def complete(self, request: Request, *, timeout: float) -> Completion:
        self.calls += 1
        if request.purpose.startswith("draft"):
            return Completion(text=json.dumps(self.replies), usage=Usage(calls=1))
        praise = "café" in request.messages[-1].content
        said: dict[str, Any] = {
            "positive": "yes" if praise else "no",
            "failed": "no",
            "evidence": [],
        }
        return Completion(text=json.dumps(said), usage=Usage(calls=1))

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        return self.complete(request, timeout=timeout)


def outbox(
    url: str | Path,
    adapter: Adapter,
    *,
    limits: Limits = QUICK,
    model: Any = None,
    **store: Any,
) -> Outbox:
    """An outbox that forgets no earlier reply of its own: every comment gets the same one."""
    drafter = Drafter(
        protocol=PROTOCOL, brand=BRAND, facts={}, model=model or SteadyModel(), remember=0
    )
    opened = open_store(url, **store)
    return Outbox(store=opened, drafter=drafter, adapter=lambda name: adapter, limits=limits)


def come_in(box: Outbox, desk: Helpdesk, text: str = PRAISE, **more: str) -> str:
    ref = desk.customer_writes(text, **more)
    (event,) = box.receive("desk", *desk.hook(ref))
    return event


def settle(box: Outbox, event: str, until: str) -> Entry:
    """Process until it has come to that state, as a worker does when it is due."""
    entry = box.process(event)
    for _ in range(200):
        if entry.state == until:
            return entry
        time.sleep(0.01)
        entry = box.process(event)
    raise AssertionError(f"still {entry.state}: {entry.reason}")
