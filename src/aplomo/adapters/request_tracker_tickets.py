"""Request Tracker's tickets, read over REST 2: who said what, in public or among agents."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from aplomo.embed.adapter import Message, Party, PartyKind
from aplomo.embed.commands import key_in
from aplomo.embed.mail import html_text, machine_headers, read_mail, unquoted
from aplomo.embed.rest import Rest, number_id

__all__ = ["PUBLIC", "Tickets", "time_of"]

PUBLIC: Final = ("Create", "Correspond")
_SYSTEM: Final = {"RT_System", "Nobody"}
_PAGE: Final = 100


class Tickets:
    """What one user may read. `own` are the names that we write as, `field` holds draft keys."""

    def __init__(self, rest: Rest, own: frozenset[str], field: str) -> None:
        self._rest = rest
        self._own = own
        self._field = field

    def ticket(self, id_: str) -> dict[str, Any]:
        """The ticket itself. Raises MessageGone."""
        return self._rest.read(f"ticket/{number_id(id_)}")

    def transactions(
        self, asked: str, *, order: str = "ASC", most: int = _PAGE
    ) -> list[dict[str, Any]]:
        """The first `most` transactions of tickets that meet a query, by id."""
        found = self._rest.read(
            "transactions",
            query=f"ObjectType = 'RT::Ticket' AND ({asked})",
            fields="Type,ObjectId,Created",
            orderby="id",
            order=order,
            per_page=most,
        )
        return found["items"]

    def keyed(self, ticket: str, key: str, kind: str) -> list[dict[str, Any]]:
        """The transactions of a kind whose field holds the key."""
        asked = f"TicketId = {number_id(ticket)} AND Type = '{kind}'"
        return self.transactions(f"{asked} AND CF.{{{self._field}}} = '{_hex(key)}'")

    def marked(self, ticket: str, key: str) -> list[dict[str, Any]]:
        """Our own comments whose text carries the key, for when the field was not stored."""
        texts = self.texts(ticket)
        return [
            item
            for item in self.history(ticket)
            if item["Type"] == "Comment"
            and item["Creator"]["Name"] in self._own
            and key == key_in(texts.get(str(item["id"])))
        ]

    def history(self, ticket: str) -> list[dict[str, Any]]:
        """Every transaction, oldest first."""
        fields = {"fields": "Type,Created,Creator", "fields[Creator]": "Name,RealName"}
        return list(self._pages("GET", f"ticket/{number_id(ticket)}/history", fields, None))

    def texts(self, ticket: str) -> dict[str, str]:
        """What was written in each transaction, by its id; plain text before HTML."""
        asked = [{"field": "ContentType", "operator": "LIKE", "value": "text/"}]
        texts: dict[str, str] = {}
        for part in self._attachments(ticket, asked):
            if part["Filename"]:
                continue
            said = part["Content"] or ""
            if part["ContentType"] == "text/html":
                texts.setdefault(str(part["TransactionId"]), html_text(said))
            else:
                texts[str(part["TransactionId"])] = unquoted(said.replace("\r\n", "\n"))
        return texts

    def attached(self, ticket: str, name: str) -> dict[str, str]:
        """The content of the attachments of that name, by transaction."""
        asked = [{"field": "Filename", "operator": "=", "value": name}]
        parts = self._attachments(ticket, asked)
        return {str(part["TransactionId"]): part["Content"] or "" for part in parts}

    def thread(self, ticket: dict[str, Any]) -> list[Message]:
        """Everything said in the ticket, oldest first."""
        id_ = str(ticket["id"])
        texts = self.texts(id_)
        requestors = {party["id"] for party in ticket["Requestor"]}
        people: dict[str, Party] = {}
        messages: list[Message] = []
        for item in self.history(id_):
            if item["Type"] not in (*PUBLIC, "Comment"):
                continue
            name = item["Creator"]["Name"]
            if name not in people:
                shown = item["Creator"].get("RealName") or name
                people[name] = Party(id=name, kind=self._kind(name, requestors), name=shown)
            messages.append(_message(item, people[name], texts.get(str(item["id"]), "")))
        return messages

    def headers(self, transaction: str) -> dict[str, str]:
        """What the mail behind a transaction says of machines; empty when there was none."""
        found = self._rest.read(f"transaction/{number_id(transaction)}")
        links = [link["_url"] for link in found["_hyperlinks"] if link["ref"] == "attachment"]
        ids = sorted(int(url.rpartition("/")[2]) for url in links)
        if not ids:
            return {}
        # Of the address only the number is taken: no other host is ever asked.
        first = self._rest.read(f"attachment/{ids[0]}")["Headers"] or ""
        return (
            machine_headers(read_mail(first.encode())) if "X-RT-Interface: Email" in first else {}
        )

    def _kind(self, name: str, requestors: set[str]) -> PartyKind:
        """A customer is a requestor without an agent's account; who is neither is unknown."""
        if name in self._own:
            return "bot"
        if name in _SYSTEM:
            return "system"
        privileged = self._rest.read(f"user/{quote(name, safe='')}").get("Privileged")
        if str(privileged) == "1":
            return "agent"
        return "customer" if name in requestors and str(privileged) == "0" else "unknown"

    def _attachments(self, ticket: str, asked: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
        fields = {"fields": "TransactionId,Filename,ContentType,Content"}
        return self._pages("POST", f"ticket/{number_id(ticket)}/attachments", fields, asked)

    def _pages(
        self, method: str, path: str, fields: dict[str, str], asked: Any
    ) -> Iterator[dict[str, Any]]:
        """Until a page is empty: what a user may not see is left out of its page, full or not."""
        page = 0
        while True:
            page += 1
            query = fields | {"per_page": str(_PAGE), "page": str(page)}
            items = self._rest.ask(method, path, query=query, json=asked)["items"]
            if not items:
                return
            yield from items


def time_of(written: str) -> datetime:
    """RT's times, in UTC."""
    return datetime.fromisoformat(written)


def _hex(key: str) -> str:
    """A key as it may stand in a query. Raises ValueError for anything that we did not make."""
    if not re.fullmatch("[0-9a-f]{1,64}", key):
        raise ValueError(f"{key!r} is no draft key")
    return key


def _message(item: dict[str, Any], author: Party, text: str) -> Message:
    return Message(
        id=str(item["id"]),
        text=text,
        author=author,
        visibility="public" if item["Type"] in PUBLIC else "internal",
        direction="incoming" if author.kind == "customer" else "outgoing",
        created_at=time_of(item["Created"]),
        key=key_in(text) if author.kind == "bot" else "",
        automatic=author.kind == "system",
    )
