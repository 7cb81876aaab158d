"""The messages of a mailbox: who wrote each and who has seen it, and those that we write."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from aplomo.embed.adapter import Message, Party, Payload
from aplomo.embed.mail import (
    address_of,
    addresses_of,
    header,
    machine_headers,
    reply_to,
    written_hash,
    written_text,
)
from aplomo.embed.mailbox import Found

__all__ = ["BODY_HASH", "KEY", "OURS", "Letters"]

KEY: Final = "X-Draft-Key"
BODY_HASH: Final = "X-Draft-SHA256"
OURS: Final = Party(id="aplomo", kind="bot", name="Aplomo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Reads and writes as `account`; `team` are the addresses and domains of its people."""

    account: str
    team: Collection[str]
    inbox: str

    def message(self, item: Found, customers: Collection[str]) -> Message:
        """A stored message, and who wrote it: ours is what carries our mark and our address.

        What one of us wrote to others than the `customers` of the thread, they have not seen.
        """
        name, address = address_of(item.mail, "from")
        ours = KEY in item.mail and address == self.account
        at_home = self._at_home(address)
        kind = "agent" if at_home else "customer" if address else "unknown"
        if ours:
            internal = item.folder == self.inbox
        else:
            internal = at_home and not self.answers(item, customers)
        return Message(
            id=item.id,
            text=written_text(item.mail),
            author=OURS if ours else Party(id=address, kind=kind, name=name),
            visibility="internal" if internal or item.unsent else "public",
            direction="outgoing" if at_home else "incoming",
            created_at=item.at,
            key=header(item.mail, KEY) if ours else "",
            headers=machine_headers(item.mail),
        )

    def customers(self, items: Iterable[Found]) -> frozenset[str]:
        """The addresses that the customers among the writers can be answered at."""
        found: set[str] = set()
        for item in items:
            if not self._at_home(address_of(item.mail, "from")[1]):
                found |= addresses_of(item.mail, "from", "reply-to")
        return frozenset(address for address in found if not self._at_home(address))

    def answers(self, item: Found, customers: Collection[str]) -> bool:
        """Whether it went to a customer; to anyone outside, where no customer is known."""
        to = addresses_of(item.mail, "to", "cc")
        if customers:
            return not to.isdisjoint(customers)
        return any(not self._at_home(address) for address in to)

    def draft(self, asked: EmailMessage, text: str, key: str) -> EmailMessage:
        """The reply that waits in Drafts, with the hash that tells whether it was edited."""
        draft = self.reply(asked, text, key, "draft")
        draft[BODY_HASH] = written_hash(draft)
        return draft

    def note(self, asked: EmailMessage, payload: Payload, key: str) -> EmailMessage:
        """The note to ourselves beside the customer's message, with the record."""
        note = self.reply(asked, payload.note, key, "note")
        note.replace_header("To", self.account)
        note.add_attachment(
            payload.record_json,
            maintype="application",
            subtype="json",
            filename=payload.record_name,
        )
        return note

    def reply(self, asked: EmailMessage, text: str, key: str, kind: str) -> EmailMessage:
        """A reply of ours to the message, with our mark."""
        message = reply_to(asked, text, sender=self.account, message_id=self.new_id(key, kind))
        message[KEY] = key
        return message

    def new_id(self, key: str, kind: str) -> str:
        """The Message-ID of what we write under a key."""
        return f"<{key}.{kind}@{self.account.partition('@')[2]}>"

    def _at_home(self, address: str) -> bool:
        domain = address.partition("@")[2]
        return address == self.account or address in self.team or domain in self.team
