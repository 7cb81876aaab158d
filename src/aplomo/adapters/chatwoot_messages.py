"""Chatwoot's messages as its API writes them: who said what, to whom."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aplomo.embed.adapter import Direction, Message, Party, PartyKind
from aplomo.embed.commands import key_in

__all__ = ["KEY", "attributes_of", "message_of", "object_of", "party_of", "time_of"]

KEY: Final = "aplomo_key"
# `message_type` in the API: a number; in hooks: a word. 2 is what happened in the conversation
# (assigned, resolved …), 3 what a template said (a greeting, a survey): Chatwoot's own words.
_DIRECTIONS: Final[Mapping[Any, Direction]] = {
    0: "incoming",
    1: "outgoing",
    2: "outgoing",
    3: "outgoing",
}
_KINDS: Final[Mapping[str, PartyKind]] = {
    "contact": "customer",
    "user": "agent",
    "agent_bot": "bot",
    "captain_assistant": "bot",
}


def message_of(item: dict[str, Any], own: frozenset[str]) -> Message:
    """A message of the API; `own` are the ids that we write as."""
    party = party_of(item)
    author = Party(id=party.id, kind="bot", name=party.name) if party.id in own else party
    private = item.get("private")
    return Message(
        id=str(item["id"]),
        text=item.get("content") or "",
        author=author,
        visibility="internal" if private else "public" if private is False else "unknown",
        direction=_DIRECTIONS.get(item.get("message_type"), "unknown"),
        created_at=time_of(item),
        key=(attributes_of(item).get(KEY) or key_in(item.get("content")))
        if author.kind == "bot"
        else "",
        automatic=item.get("message_type") not in (0, 1)
        or item.get("content_type") == "input_csat",
    )


def party_of(item: dict[str, Any]) -> Party:
    """Who wrote a message; contacts and agents are numbered apart."""
    sender = object_of(item, "sender")
    kind = str(sender.get("type") or item.get("sender_type") or "").lower()
    number = sender.get("id") or item.get("sender_id")
    if not kind or number is None:
        return Party(id="", kind="system" if item.get("message_type") in (2, 3) else "unknown")
    id_ = f"{kind}:{number}"
    known: PartyKind = _KINDS.get(kind, "unknown")
    # Who approves must have a name: an agent without one goes by the number.
    name = str(sender.get("name") or (id_ if known == "agent" else ""))
    return Party(id=id_, kind=known, name=name)


def attributes_of(item: dict[str, Any]) -> dict[str, Any]:
    """What a message carries beside its text; our key and reply, for one."""
    return object_of(item, "content_attributes")


def object_of(item: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under `name`; empty where there is none."""
    return item.get(name) or {}


def time_of(item: dict[str, Any]) -> datetime:
    """Chatwoot's API gives Unix seconds."""
    return datetime.fromtimestamp(int(item["created_at"]), UTC)
