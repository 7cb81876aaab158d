"""One line of the outbox: a message, and how far its draft has come.

received ─► drafted ─► delivered ─► approved ─► sending ─► sent
    │                      │           ▲           │
    │                      │           └───────────┘ surely nothing was sent: again later
    │                      ├──► superseded   a newer customer message: its draft replaces this
    │                      ├──► stale        a person answered, or the thread was closed
    │                      └──► rejected     a person said no
    ├──► silent              the protocol says to write nothing
    ├──► skipped             not a customer's newest public message
    └──► blocked             only a person can go on; the reason says why (from any state)
"""

from dataclasses import dataclass
from typing import Literal

from aplomo.embed.adapter import Delivered, Ref

__all__ = ["CLOSED", "LIVE", "OPEN", "WAITING", "Entry", "State"]

State = Literal[
    "received",
    "drafted",
    "delivered",
    "approved",
    "sending",
    "sent",
    "superseded",
    "stale",
    "rejected",
    "silent",
    "skipped",
    "blocked",
]

OPEN: frozenset[State] = frozenset({"received", "drafted", "approved", "sending"})
"""There is work left that needs no person."""

LIVE: frozenset[State] = frozenset({"drafted", "delivered", "approved", "sending"})
"""There is, or may be, a draft in the tool that can still be used: at most one a thread."""

WAITING: frozenset[State] = frozenset({"delivered", "approved", "blocked"})
"""A person should look."""

CLOSED: frozenset[State] = frozenset(
    {"sent", "superseded", "stale", "rejected", "silent", "skipped"}
)
"""Done; what is blocked is not, it waits for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message and its draft. Times are seconds since 1970, UTC.

    `id` is the event id that `process` takes; `key` is set once, when a draft is claimed;
    `due_at` is when to work on it next; `attempts` counts tries since the last progress;
    `reason` says why it stands where it stands.
    """

    id: str
    ref: Ref
    state: State
    received_at: float
    updated_at: float
    due_at: float
    attempts: int = 0
    key: str | None = None
    decision_id: str | None = None
    delivered_id: str | None = None
    delivered_url: str = ""
    sent_id: str | None = None
    reason: str = ""

    @property
    def open(self) -> bool:
        """Whether `process` has something left to do."""
        return self.state in OPEN

    @property
    def delivered(self) -> Delivered | None:
        """The draft as it is in the tool, once it is there."""
        if self.key is None or self.delivered_id is None:
            return None
        return Delivered(ref=self.ref, key=self.key, id=self.delivered_id, url=self.delivered_url)
