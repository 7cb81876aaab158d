"""What passes between a support tool and us: messages read, drafts written, approvals seen."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from aplomo.brand.model import Limit

__all__ = [
    "Approval",
    "Approved",
    "Caps",
    "Delivered",
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
    """A named person's yes to one exact text; an empty one, as an adapter sees it, is the draft's.

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


def draft_key(ref: Ref, protocol_version: str) -> str:
    """The key of the one draft for a message under one version of a protocol: 32 hex digits."""
    parts = (ref.adapter, ref.account, ref.thread_id, ref.message_id, protocol_version)
    # Without the escape, ids with a bar in them could make two messages share a key.
    packed = "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)
    return hashlib.sha256(packed.encode()).hexdigest()[:32]


def text_sha256(text: str) -> str:
    """The hash by which an approval names its exact text."""
    return hashlib.sha256(text.encode()).hexdigest()
