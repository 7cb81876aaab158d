"""What an adapter is: the one interface between Aplomo and a support tool.

    hook ──► verify ──► parse ──► Ref ──► fetch ──► Inbound        poll ──► Ref
    Payload ──► find_delivered ──► deliver ──► find_delivered      approval ──► send

An adapter is one file that translates; it decides nothing. Whether to draft, to deliver, to retry
or to send is decided by `loop`, `delivery` and `sending`, the same for every tool.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from aplomo.brand.model import Limit

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

Shape = Literal["native_draft", "internal_note", "held_reply", "queue_only"]
"""Where a draft waits in the tool; `queue_only` tools have no such place: it waits here."""

PartyKind = Literal["customer", "agent", "bot", "system", "unknown"]
Visibility = Literal["public", "internal", "unknown"]
Direction = Literal["incoming", "outgoing", "unknown"]

DeliveryId = str
"""What the tool calls one hook call, the same when it tries again."""

Cursor = str
"""Where polling stands, in the adapter's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What a tool can do.

    `push`: it calls hooks (`verify` and `parse` work); `poll`: it can be asked what is new;
    `can_update`: a delivered draft can be changed or removed in place; `attachments`: the record
    is attached as JSON; `html`: notes are shown as HTML. `channel` names the rules of length and
    tone (`aplomo.brand.channel`) of what customers get; `limits` are the tool's own, on top.
    """

    shape: Shape
    push: bool = False
    poll: bool = False
    can_update: bool = False
    attachments: bool = False
    html: bool = False
    channel: str = "helpdesk"
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Ref:
    """Where one message is: ids as the tool writes them, without their content.

    An empty `message_id` means the newest message of the thread, for hooks that name no other.
    """

    adapter: str
    account: str
    thread_id: str
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who wrote a message. `unknown` is never drafted for: say `customer` only when the tool does.

    `id` is the tool's own, stable id of the person; it is what erasure asks for.
    """

    id: str
    kind: PartyKind = "unknown"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a thread, as read from the tool.

    `key` is the draft key found on it, when we wrote it. `headers` are those of a mail, in lower
    case, that tell machines from people (`auto-submitted`, `precedence`, `list-id`,
    `return-path`, `from`, …); other tools leave them empty. `automatic` is set where the tool
    itself says that no person wrote it.
    """

    id: str
    text: str
    author: Party
    visibility: Visibility
    direction: Direction
    created_at: datetime
    key: str = ""
    automatic: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """The message to answer, and its whole thread, read again from the tool.

    `thread` holds every message, internal ones too, oldest first in the tool's own order, the
    message to answer included; `ref.message_id` is never empty here. `lang` is None unless the
    tool knows; `closed` says that the tool takes no more replies; `url` is where an agent sees it.
    """

    ref: Ref
    message: Message
    thread: tuple[Message, ...]
    subject: str = ""
    lang: str | None = None
    closed: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A draft, ready to be written into a tool.

    `reply` is what the customer would get, and nothing else (the body of a native draft or a held
    reply); `private` the private step, if any. `note` and `note_html` are the whole internal note:
    draft, private step, why, and the visible line `ref: KEY` (the HTML is escaped). `why` are its
    three to six reasons; `record` is the decision record, and `record_json` the same as the file
    `record_name` to attach. `replaces` is our earlier draft in this thread: change or remove it.
    """

    key: str
    lang: str
    reply: str
    private: str | None
    why: tuple[str, ...]
    note: str
    note_html: str
    record: Mapping[str, Any]
    record_json: bytes
    record_name: str = "decision.json"
    replaces: "Delivered | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A draft that is in the tool: read back, not assumed.

    `id` is the tool's id of the note or draft. `missing` names the parts that were not stored
    (`attachment`, `key`, …): a success can be partial.
    """

    ref: Ref
    key: str
    id: str
    at: datetime | None = None
    url: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A named person's yes to one exact text.

    `sent` says that the person has sent it in the tool already (an agent's own reply, an edited
    draft sent from the mailbox): then there is nothing left to send. `how` tells where it was
    seen, e.g. `reply in Sent`, `command /approve`.
    """

    by: Party
    at: datetime
    text: str
    how: str
    sent: bool = False

    @property
    def sha256(self) -> str:
        """Hash of the exact text approved."""
        return text_sha256(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What is sent: the exact text approved, in answer to `inbound`, read again just before."""

    inbound: Inbound
    delivered: Delivered | None
    approval: Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A public reply that is in the tool; `id` is the tool's id of it."""

    ref: Ref
    key: str
    id: str
    at: datetime | None = None
    url: str = ""


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

        Changes or removes `payload.replaces` where `caps.can_update`; a draft under the same key
        is replaced, never doubled. The caller reads back afterwards.
        """
        ...

    def withdraw(self, delivered: Delivered) -> bool:
        """Take a stale draft out of the agent's way; False where the tool cannot."""
        ...

    def approval(self, delivered: Delivered) -> Approval | None:
        """A person's approval seen in the tool, never by `own_ids`; None while there is none."""
        ...

    def send(self, approved: Approved, key: str) -> Sent:
        """Send `approved.approval.text`, exactly, with the sending credential.

        Called by `aplomo.embed.sending` alone, which checks everything first. Raises SendRefused
        without the credential.
        """
        ...


def draft_key(ref: Ref, protocol_version: str) -> str:
    """The key of the one draft for a message under one version of a protocol: 32 hex digits."""
    parts = (ref.adapter, ref.account, ref.thread_id, ref.message_id, protocol_version)
    # Without the escape, ids with a bar in them could make two messages share a key.
    packed = "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)
    return hashlib.sha256(packed.encode()).hexdigest()[:32]


def text_sha256(text: str) -> str:
    """The hash by which an approval names its exact text."""
    return hashlib.sha256(text.encode()).hexdigest()
