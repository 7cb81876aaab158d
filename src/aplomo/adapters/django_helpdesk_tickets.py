"""django-helpdesk's tickets as its API writes them: who said what, in public or among staff."""

from datetime import UTC, datetime
from typing import Any, Final

from aplomo.embed.adapter import Message, Party
from aplomo.embed.commands import key_in
from aplomo.embed.mail import unquoted

__all__ = ["OPENED", "echo_of", "thread_of", "time_of"]

OPENED: Final = "0"
"""The message of a ticket itself, before any follow-up."""


def thread_of(ticket: dict[str, Any], own: frozenset[str]) -> tuple[Message, ...]:
    """The ticket's own text, then its follow-ups; one that only repeats it is left out."""
    echo = echo_of(ticket)
    said = [item for item in _follow_ups(ticket) if item is not echo]
    opened = ticket["description"] or ""
    address = ticket["submitter_email"] or ""
    customer = Party(id=address, kind="customer" if address else "unknown")
    first = Message(
        id=OPENED,
        text=unquoted(opened),
        author=customer,
        visibility="public",
        direction="incoming" if address else "unknown",
        # The API tells no time of a ticket; it is not after its first follow-up.
        created_at=time_of(said[0]) if said else datetime.now(UTC),
    )
    return (first, *(_message(item, customer, own) for item in said))


def _message(item: dict[str, Any], customer: Party, own: frozenset[str]) -> Message:
    number = str(item["user"] or "")
    if not number:
        author = customer if item["public"] else Party(id="", kind="unknown")
    else:
        # The API tells no name, and who approves must have one: it is the number.
        author = Party(id=number, kind="bot" if number in own else "agent", name=number)
    return Message(
        id=str(item["id"]),
        text=unquoted((item["comment"] or "").replace("\r\n", "\n")),
        author=author,
        visibility="public" if item["public"] else "internal",
        direction="incoming" if author.kind == "customer" else "outgoing",
        created_at=time_of(item),
        key=key_in(item["comment"]) if author.kind == "bot" else "",
        automatic=not item["comment"],  # a change of status, say: nobody said anything
    )


def _follow_ups(ticket: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(ticket["followup_set"], key=lambda item: item["id"])


def echo_of(ticket: dict[str, Any]) -> dict[str, Any] | None:
    """The follow-up with which the public form repeats the ticket's own text."""
    said = _follow_ups(ticket)
    same = said and (said[0]["comment"] or "").strip() == (ticket["description"] or "").strip()
    return said[0] if same else None


def time_of(item: dict[str, Any]) -> datetime:
    """When a follow-up was written."""
    return datetime.fromisoformat(item["date"])
