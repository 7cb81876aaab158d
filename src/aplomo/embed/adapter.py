"""What an adapter is: the one interface between Aplomo and a support tool.

    hook ──► verify ──► parse ──► Ref ──► fetch ──► Inbound        poll ──► Ref
    Payload ──► find_delivered ──► deliver ──► find_delivered      approval ──► send

An adapter is one file that translates; it decides nothing. Whether to draft, to deliver, to retry
or to send is decided by `loop`, `delivery` and `sending`, the same for every tool.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from aplomo.embed.messages import (
    Approval,
    Approved,
    Caps,
    Delivered,
    Direction,
    Inbound,
    Message,
    Party,
    PartyKind,
    Payload,
    Ref,
    Sent,
    Shape,
    Visibility,
    draft_key,
    text_sha256,
)

__all__ = [
    "Adapter",
    "Approval",
    "Approved",
    "Caps",
    "Cursor",
    "Delivered",
    "DeliveryId",
    "Direction",
    "Inbound",
    "Message",
    "Party",
    "PartyKind",
    "Payload",
    "Ref",
    "Sent",
    "Shape",
    "Visibility",
    "draft_key",
    "text_sha256",
]

DeliveryId = str
"""What the tool calls one hook call, the same when it tries again."""

Cursor = str
"""Where polling stands, in the adapter's own words."""


@runtime_checkable
class Adapter(Protocol):
    """Carries drafts into one account of one support tool. Called from several threads at once.

    Errors, of every method that talks to the tool: ToolUnavailable when nothing was written (a
    failed read, a refused connection, 429), DeliveryUnknown when a write may have taken (5xx,
    time-out, connection lost after sending), DeliveryRefused when the tool refuses for good,
    MessageGone when what a Ref names is not there.
    """

    @property
    def name(self) -> str:
        """The name of its `[adapters.NAME]` table; part of hook paths and draft keys."""
        ...

    @property
    def account(self) -> str:
        """Which account, mailbox or site of the tool; part of draft keys."""
        ...

    @property
    def caps(self) -> Caps:
        """What the tool can do."""
        ...

    @property
    def own_ids(self) -> frozenset[str]:
        """The `Party.id`s that this adapter's credentials write as: never answered."""
        ...

    @property
    def can_send(self) -> bool:
        """Whether the separate sending credential (`[adapters.NAME.sender]`) is there."""
        ...

    def verify(self, headers: Mapping[str, str], raw: bytes) -> DeliveryId:
        """Check a hook's signature over the raw bytes; `headers` have lower-case names.

        Raises SignatureRefused when forged, missing, or older or newer than five minutes.
        """
        ...

    def parse(self, raw: bytes) -> list[Ref]:
        """The messages a hook's body speaks of: ids only, its text is a hint and never used.

        Empty when it speaks of something else. Raises InputError when it is malformed.
        """
        ...

    def poll(self, cursor: Cursor | None) -> tuple[list[Ref], Cursor]:
        """What is new since `cursor` (None: from now or the oldest unseen), and the next cursor.

        A message may be listed again; none may be left out.
        """
        ...

    def fetch(self, ref: Ref) -> Inbound:
        """Read the message and its whole thread from the tool."""
        ...

    def find_delivered(self, ref: Ref, key: str) -> Delivered | None:
        """Our draft with that key in the thread of `ref`, if the tool has it: the read-back.

        Finds it also when the tool kept only part of it, by any mark (stored key, `ref:` line).
        """
        ...

    def deliver(self, inbound: Inbound, payload: Payload, key: str) -> Delivered:
        """Write the draft or internal note, once, and never anything a customer sees.

        Changes or removes `payload.replaces` where `caps.can_update`. Called by
        `aplomo.embed.delivery` alone, which looks for a draft under the same key before, and reads
        back afterwards: what is given back here need not hold an id that the tool does not tell.
        """
        ...

    def withdraw(self, delivered: Delivered) -> bool:
        """Take a stale draft out of the agent's way; False where the tool cannot."""
        ...

    def approval(self, delivered: Delivered) -> Approval | None:
        """A person's approval seen in the tool, never by `own_ids`; None while there is none.

        Its text is empty when the person approved the draft as it is.
        """
        ...

    def send(self, approved: Approved, key: str) -> Sent:
        """Send `approved.approval.text`, exactly, with the sending credential.

        Called by `aplomo.embed.sending` alone, which checks everything first. Raises SendRefused
        without the credential.
        """
        ...
