"""The world an adapter is tried in, and what the tests of the kit share."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import pytest

from aplomo.embed import delivery
from aplomo.embed.adapter import Adapter, Approval, Approved, Delivered, Inbound, Party, Ref
from aplomo.embed.note import payload

__all__ = [
    "APPROVED",
    "KEY",
    "LATER_KEY",
    "REPLY",
    "Trouble",
    "World",
    "approved",
    "deliver",
    "inbound_of",
    "need",
    "poll_all",
    "record",
]

Trouble = Literal["down", "error_after_saving", "timeout_after_saving", "partial", "refuse"]
"""How the tool can be broken: every request fails and nothing is saved; the write is saved but
answered with a 5xx, or not at all; it is saved in part and reported as done; it is refused."""

KEY, LATER_KEY = "0123456789abcdef" * 2, "fedcba9876543210" * 2


REPLY = "Sentimos la espera: tu café sale hoy."
APPROVED = "Sentimos la espera, Lucía: tu café sale hoy."


class World(Protocol):
    """The tool, as the people in it drive it; one `thread` (a word) is one conversation."""

    troubles: frozenset[Trouble]

    def adapter(self, *, sender: bool = False) -> Adapter:
        """The adapter under test, with or without the sending credential."""
        ...

    def customer_writes(self, text: str, thread: str = "one") -> Ref:
        """A customer writes; where the message is."""
        ...

    def agent_answers(self, text: str, thread: str = "one") -> None:
        """An agent, not us, answers in public."""
        ...

    def agent_notes(self, text: str, thread: str = "one") -> None:
        """An agent, not us, leaves an internal note; nothing where the tool has none."""
        ...

    def hook(self, ref: Ref) -> tuple[Mapping[str, str], bytes]:
        """The signed call that the tool makes about a message: headers and raw body."""
        ...

    def drafts(self, thread: str = "one") -> list[str]:
        """The texts of our drafts or notes that agents see in the conversation."""
        ...

    def public(self, thread: str = "one") -> list[str]:
        """The texts that the customer has been sent, oldest first."""
        ...

    def breaking(self, trouble: Trouble) -> AbstractContextManager[None]:
        """Break the tool, for the length of a block."""
        ...


def inbound_of(world: World) -> tuple[Inbound, Adapter]:
    """A customer's message, read by the adapter of a tool that takes drafts."""
    adapter = world.adapter()
    need(adapter.caps.shape != "queue_only", "drafts do not go into the tool")
    return adapter.fetch(world.customer_writes("¿Dónde está mi café?")), adapter


def deliver(
    adapter: Adapter, inbound: Inbound, key: str, replaces: Delivered | None = None
) -> Delivered:
    """Deliver a draft for that message by the rules of delivery."""
    draft = payload(record(inbound), key, replaces=replaces)
    return delivery.deliver(adapter, inbound, draft, before_write=lambda: None)


def record(inbound: Inbound, *, evidence: str = "mi café", reply: str = REPLY) -> dict[str, Any]:
    """A decision record as a drafter would make it for that message."""
    answer = {"answer": "yes", "by": "model", "confidence": 0.97, "logit": 3.5}
    outcome = {"id": "restore", "action": "reply", "department": "customer_care"}
    checks = [{"check": "length", "passed": True, "detail": "37/1000"}]
    usage = {"calls": 2, "input_tokens": 9, "output_tokens": 9, "seconds": 0.1, "cost": None}
    return {
        "schema": "aplomo.decision/1",
        "id": f"d-{KEY}",
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "comment": {
            "id": inbound.message.id,
            "text": inbound.message.text,
            "channel": "helpdesk",
            "lang": "es",
            "author": {"id": inbound.message.author.id},
        },
        "protocol": {"id": "conformance", "version": "1", "sha256": KEY},
        "answers": {"service_failure": answer | {"evidence": evidence, "reason": None}},
        "path": ["service_failure"],
        "outcome": outcome | {"level": "L1", "deadline": "PT2H", "private": True},
        "status": "ready",
        "why": "service_failure: yes → restore",
        "reply": {
            "text": reply,
            "private_text": "¿Nos das tu número de pedido?",
            "origin": "model",
            "facts": [],
            "checks": checks,
        },
        "pending": None,
        "notes": [],
        "model": {"name": "none", "base_url_host": ""},
        "prompts": {},
        "calibration": "none",
        "usage": usage,
    }


def approved(inbound: Inbound, delivered: Delivered | None) -> Approved:
    """A person's approval of a text that is not quite the draft's."""
    by = Party(id="person-1", name="Ana", kind="agent")
    approval = Approval(by=by, at=datetime.now(UTC), text=APPROVED, how="conformance")
    return Approved(inbound=inbound, delivered=delivered, approval=approval)


def poll_all(adapter: Adapter, cursor: str) -> tuple[list[Ref], str]:
    """Poll until nothing new comes: a tool may take a moment to list a message.

    Each message once, though it may be listed again.
    """
    refs: dict[Ref, None] = {}
    for _ in range(40):
        found, cursor = adapter.poll(cursor)
        new = [ref for ref in found if ref not in refs]
        refs |= dict.fromkeys(new)
        if refs and not new:
            break
        time.sleep(0 if new else 0.05)
    return list(refs), cursor


def need(condition: bool, otherwise: str) -> None:
    """Skip, saying why, what this tool cannot do."""
    if not condition:
        pytest.skip(otherwise)
