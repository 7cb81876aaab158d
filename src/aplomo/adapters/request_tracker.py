"""Request Tracker: the draft is an internal comment of a user who has no right to reply.

    [adapters.rt]
    type = "request_tracker"
    url = "https://rt.example.com"
    user = "draftbot"                  # SeeQueue, ShowTicket, ShowTicketComments, CommentOnTicket
    password_env = "RT_PASSWORD"       # or token_env
    hook_secret_env = "RT_HOOK_SECRET" # only for push: see the guide's Scrip

    [adapters.rt.sender]               # absent by default
    user = "sender"                    # has ReplyToTicket, and is nobody's login
    password_env = "RT_SENDER_PASSWORD"

A person approves with a reply of their own, or with a comment `/approve KEY`; text below that line
takes the place of the draft's.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from aplomo.adapters.counting import Mark
from aplomo.adapters.request_tracker_tickets import PUBLIC, Tickets, time_of
from aplomo.embed.adapter import (
    Approval,
    Approved,
    Caps,
    Cursor,
    Delivered,
    DeliveryId,
    Inbound,
    Payload,
    Ref,
    Sent,
)
from aplomo.embed.commands import approval_among
from aplomo.embed.plugins import AdapterSettings
from aplomo.embed.rest import Rest, number_id
from aplomo.embed.signature import Verifier
from aplomo.errors import DeliveryUnknown, InputError, MessageGone, SendRefused, SignatureRefused

__all__ = ["RequestTrackerAdapter"]

_RECORD: Final = "decision.json"
_LOGIN: Final = {"user", "password_env", "token_env", "timeout"}


class RequestTrackerAdapter:
    """One Request Tracker, as one user of it sees it: the rights of the user choose the queues."""

    def __init__(self, settings: AdapterSettings) -> None:
        settings.only({"url", "key_field", "hook_secret_env", *_LOGIN})
        self.name = settings.name
        self.url = settings.url()
        self.account = urlsplit(self.url).netloc
        if sender := settings.sender:
            sender.only(_LOGIN)
        self._rest = _rest(settings, self.url)
        self._sender = _rest(sender, self.url) if sender else None
        users = [settings.text("user"), *([sender.text("user")] if sender else [])]
        self.own_ids = frozenset(users)
        self._field = settings.text("key_field", "DraftKey")
        self._tickets = Tickets(self._rest, self.own_ids, self._field)
        secret = settings.secret("hook_secret", required=False)
        self._verifier = Verifier.of("request-tracker", [secret]) if secret else None
        self.caps = Caps(
            shape="internal_note",
            push=self._verifier is not None,
            poll=True,
            attachments=True,
            channel="helpdesk",
        )

    @property
    def can_send(self) -> bool:
        """Whether there is a user who may reply."""
        return self._sender is not None

    def verify(self, headers: Mapping[str, str], raw: bytes) -> DeliveryId:
        """Standard Webhooks, as the Scrip of the guide signs."""
        if self._verifier is None:
            raise SignatureRefused("no hook secret is configured", hint='hook_secret_env = "…"')
        return self._verifier.verify(headers, raw).id

    def parse(self, raw: bytes) -> list[Ref]:
        """The transaction a hook names, when it is one that a customer can have made."""
        try:
            event = json.loads(raw)
            kind, ticket, said = event["event"], int(event["ticket"]), int(event["transaction"])
        except (RecursionError, ValueError, KeyError, TypeError):
            raise InputError("is not a hook of our Scrip", where=self.name) from None
        return [self._ref(str(ticket), str(said))] if kind in PUBLIC else []

    def poll(self, cursor: Cursor | None) -> tuple[list[Ref], Cursor]:
        """Public transactions above the cursor's mark, oldest first; without one, from now on."""
        asked = "Type = 'Create' OR Type = 'Correspond'"
        if cursor is None:
            newest = self._tickets.transactions(asked, order="DESC", most=1)
            return [], str(Mark.now(int(item["id"]) for item in newest))
        mark = Mark.read(cursor)
        found = self._tickets.transactions(f"({asked}) AND id > {mark.above}")
        refs = [self._ref(str(item["ObjectId"]), str(item["id"])) for item in found]
        return refs, str(mark.after(int(item["id"]) for item in found))

    def fetch(self, ref: Ref) -> Inbound:
        """The ticket with everything said in it, comments too."""
        ticket = self._tickets.ticket(ref.thread_id)
        thread = self._tickets.thread(ticket)
        customers = [m for m in thread if m.direction == "incoming"]
        wanted = ref.message_id or (customers[-1].id if customers else "")
        message = next((m for m in thread if m.id == wanted), None)
        if message is None:
            raise MessageGone(f"ticket {ref.thread_id} has no message {wanted or 'of a customer'}")
        message = replace(message, headers=self._tickets.headers(message.id))
        return Inbound(
            ref=self._ref(ref.thread_id, message.id),
            message=message,
            thread=tuple(message if m.id == message.id else m for m in thread),
            subject=ticket["Subject"] or "",
            closed=ticket["Status"] in ("rejected", "deleted"),
            url=self._page(ref.thread_id, message.id),
        )

    def find_delivered(self, ref: Ref, key: str) -> Delivered | None:
        """Our comment with the key in its field or, where that was not stored, in its text."""
        by_field = self._tickets.keyed(ref.thread_id, key, "Comment")
        if not (found := by_field or self._tickets.marked(ref.thread_id, key)):
            return None
        id_ = str(found[0]["id"])
        missing = () if by_field else ("key",)
        if id_ not in self._tickets.attached(ref.thread_id, _RECORD):
            missing += ("attachment",)
        url = self._page(ref.thread_id, id_)
        return Delivered(
            ref=ref, key=key, id=id_, at=time_of(found[0]["Created"]), url=url, missing=missing
        )

    def deliver(self, inbound: Inbound, payload: Payload, key: str) -> Delivered:
        """Comment. RT names no id, and answers 201 even when it left out the key."""
        record = base64.b64encode(payload.record_json).decode()
        attached = {
            "FileName": _RECORD,
            "FileType": "application/json",
            "FileContent": record,
        }
        said = {"Content": payload.note, "Attachments": [attached]}
        missing = self._say(self._rest, inbound.ref, "comment", said, key)
        return Delivered(ref=inbound.ref, key=key, id="", missing=missing)

    def withdraw(self, delivered: Delivered) -> bool:
        """A comment stays: RT's history cannot be changed."""
        return False

    def approval(self, delivered: Delivered) -> Approval | None:
        """An agent's reply after our comment, or an agent's `/approve KEY`."""
        thread = self._tickets.thread(self._tickets.ticket(delivered.ref.thread_id))
        after = (message for message in thread if int(message.id) > int(delivered.id))
        return approval_among(after, delivered.key)

    def send(self, approved: Approved, key: str) -> Sent:
        """Correspond with the sender's rights, unless that has been done."""
        if self._sender is None:
            raise SendRefused("no sending credential", hint=f"add [adapters.{self.name}.sender]")
        ref = approved.inbound.ref
        found = self._tickets.keyed(ref.thread_id, key, "Correspond")
        if not found:
            said = {"Content": approved.approval.text}
            missing = self._say(self._sender, ref, "correspond", said, key)
            found = self._tickets.keyed(ref.thread_id, key, "Correspond")
            if not found:
                raise DeliveryUnknown(f"the reply cannot be found ({', '.join(missing)})")
        id_ = str(found[0]["id"])
        url = self._page(ref.thread_id, id_)
        return Sent(ref=ref, key=key, id=id_, at=time_of(found[0]["Created"]), url=url)

    def _say(
        self, rest: Rest, ref: Ref, how: str, said: dict[str, Any], key: str
    ) -> tuple[str, ...]:
        """Comment or correspond; gives what RT says was not stored."""
        body = {"ContentType": "text/plain", "TxnCustomFields": {self._field: key}, **said}
        messages = rest.write("POST", f"ticket/{number_id(ref.thread_id)}/{how}", body)
        return tuple(str(m) for m in messages if str(m).startswith("Unable"))

    def _ref(self, ticket: str, transaction: str) -> Ref:
        return Ref(
            adapter=self.name, account=self.account, thread_id=ticket, message_id=transaction
        )

    def _page(self, ticket: str, transaction: str) -> str:
        return f"{self.url}/Ticket/Display.html?id={ticket}#txn-{transaction}"


def _rest(settings: AdapterSettings, url: str) -> Rest:
    timeout = settings.number("timeout", 20)
    if token := settings.secret("token", required=False):
        headers = {"authorization": f"token {token}"}
        return Rest(f"{url}/REST/2.0", headers=headers, timeout=timeout)
    auth = (settings.text("user"), settings.secret("password"))
    return Rest(f"{url}/REST/2.0", auth=auth, timeout=timeout)
