"""The messages of a mailbox: who wrote each, and who has seen it."""

from collections.abc import Collection
from typing import Final

from aplomo.embed.adapter import Message, Party
from aplomo.embed.mail import address_of, header, machine_headers, written_text
from aplomo.embed.mailbox import Found

__all__ = ["KEY", "OURS", "message_of"]

KEY: Final = "X-Draft-Key"
OURS: Final = Party(id="aplomo", kind="bot", name="Aplomo")


def message_of(item: Found, *, account: str, team: Collection[str], inbox: str) -> Message:
    """A stored message, and who wrote it: ours is what carries our mark and our address."""
    name, address = address_of(item.mail, "from")
    written_here = address == account
    ours = KEY in item.mail and written_here
    at_home = written_here or address in team or address.partition("@")[2] in team
    author = Party(
        id=address, kind="agent" if at_home else "customer" if address else "unknown", name=name
    )
    internal = item.unsent or (ours and item.folder == inbox)
    return Message(
        id=item.id,
        text=written_text(item.mail),
        author=OURS if ours else author,
        visibility="internal" if internal else "public",
        direction="outgoing" if at_home else "incoming",
        created_at=item.at,
        key=header(item.mail, KEY) if ours else "",
        headers=machine_headers(item.mail),
    )
