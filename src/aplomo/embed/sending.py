"""Sending: only with its own credential, and only the exact text that a named person approved.

Everything is checked again at the last moment, and a send whose result is unknown is never
repeated: a person looks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aplomo.brand.channel import measure
from aplomo.brand.model import Limit
from aplomo.embed.adapter import Adapter, Approval, Approved, Inbound, Party, Sent, text_sha256
from aplomo.embed.loop import Loops, refusal
from aplomo.errors import DeliveryUnknown, SendRefused, ToolError

__all__ = ["as_drafted", "find_sent", "require_approvable", "require_sendable", "send"]


def as_drafted(record: Mapping[str, Any] | None) -> str:
    """The reply of a decision, for whoever approves it as it is. Raises SendRefused.

    Only a reply that is ready: one that failed its checks stands in the note to be rewritten.
    """
    hint = "approve it with the text that is to be sent"
    if record is None:
        raise SendRefused("the decision is no longer kept", hint=hint)
    text = record["reply"]["text"] if record["status"] == "ready" and record["reply"] else ""
    if not text.strip():
        raise SendRefused("no reply is ready to be sent as drafted", hint=hint)
    return text


def require_approvable(
    by: Party, text: str, *, own_ids: frozenset[str], limits: Sequence[Limit]
) -> None:
    """Whether that person may approve that text. Raises SendRefused."""
    if by.kind != "agent" or not by.name.strip():
        raise SendRefused("an approval names a person", hint="--as NAME")
    if by.id in own_ids:
        raise SendRefused("we cannot approve what we wrote ourselves")
    if not text.strip():
        raise SendRefused("there is no text to approve", hint="give one: --text")
    for limit in limits:
        length = measure(text, limit.unit)
        if length > limit.most:
            size = f"{length}/{limit.most} {limit.unit}"
            raise SendRefused(f"the text is too long for the channel: {size}", hint="shorten it")


def require_sendable(
    adapter: Adapter,
    inbound: Inbound,
    given: tuple[Approval, str] | None,
    *,
    loops: Loops,
    limits: Sequence[Limit],
) -> Approval:
    """The approval, when everything allows sending now. Raises SendRefused.

    `given` is the stored approval and the hash stored with it; `inbound` was read just now.
    """
    if not adapter.can_send:
        hint = f"[adapters.{adapter.name}.sender]"
        raise SendRefused("there is no sending credential", hint=hint)
    if given is None:
        raise SendRefused("no person has approved this", hint="aplomo inbox approve ID --as NAME")
    approval, sha256 = given
    if text_sha256(approval.text) != sha256:
        raise SendRefused("the text is not the one that was approved")
    require_approvable(approval.by, approval.text, own_ids=adapter.own_ids, limits=limits)
    if (reason := refusal(inbound, loops)) is not None:
        raise SendRefused(f"the thread has moved on: {reason}")
    return approval


def send(adapter: Adapter, approved: Approved, key: str) -> Sent:
    """Send once. Raises DeliveryUnknown when it cannot be told whether it was sent."""
    try:
        return adapter.send(approved, key)
    except DeliveryUnknown as error:
        try:
            sent = find_sent(adapter, approved, key)
        except ToolError as failure:
            raise DeliveryUnknown(f"{error}; reading back failed: {failure}") from failure
        if sent is None:
            raise
        return sent


def find_sent(adapter: Adapter, approved: Approved, key: str) -> Sent | None:
    """The reply in the thread, when it is there: by our key on it, else by its exact text."""
    inbound = adapter.fetch(approved.inbound.ref)
    text = approved.approval.text.split()
    for message in reversed(inbound.thread):
        if message.id == inbound.message.id:
            return None
        public = message.visibility == "public" and message.direction == "outgoing"
        if public and (message.key == key or message.text.split() == text):
            return Sent(ref=inbound.ref, key=key, id=message.id, at=message.created_at)
    return None
