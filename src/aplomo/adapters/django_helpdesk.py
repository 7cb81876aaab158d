"""django-helpdesk: the draft is a private follow-up, which only staff see.

    [adapters.helpdesk]
    type = "django_helpdesk"
    url = "https://helpdesk.example.com"
    user = "draftbot"                  # is_staff; its number is on its admin page
    user_id = 7
    password_env = "HELPDESK_PASSWORD"
    hook_secret_env = "HELPDESK_HOOK_SECRET"   # only for push

    [adapters.helpdesk.sender]         # absent by default: a public follow-up mails the customer
    user = "sender"
    user_id = 8
    password_env = "HELPDESK_SENDER_PASSWORD"

Its hooks are not signed. Put the secret into their address, `https://hook:SECRET@…/hooks/helpdesk`:
django-helpdesk then sends it as HTTP Basic. Set HELPDESK_PRIVATE_FOLLOWUP_MEANS_NO_EMAILS = True,
or it mails private notes to everyone in a ticket's Cc. A person approves with a public follow-up,
or with a private one `/approve KEY`; text below that line takes the place of the draft's.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aplomo.adapters.counting import Mark
from aplomo.adapters.django_helpdesk_tickets import OPENED, echo_of, thread_of, time_of
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
from aplomo.embed.commands import approval_among, key_in, without_links
from aplomo.embed.plugins import AdapterSettings
from aplomo.embed.rest import Rest, number_id
from aplomo.errors import DeliveryRefused, InputError, MessageGone, SendRefused, SignatureRefused

__all__ = ["DjangoHelpdeskAdapter"]

_CLOSED: Final = (4, 5)  # closed, duplicate
_PAGE: Final = 50
_USER: Final = {"user", "user_id", "password_env", "timeout"}


class DjangoHelpdeskAdapter:
    """One django-helpdesk, as one member of its staff sees it."""

    def __init__(self, settings: AdapterSettings) -> None:
        settings.only({"url", "hook_secret_env", *_USER})
        self.name = settings.name
        self.url = settings.url()
        self.account = urlsplit(self.url).netloc
        self._rest, own = _as_user(settings, self.url)
        self._sender, sender = None, own
        if settings.sender:
            settings.sender.only(_USER)
            self._sender, sender = _as_user(settings.sender, self.url)
        self.own_ids = frozenset({own, sender})
        self._secret = settings.secret("hook_secret", required=False)
        self.caps = Caps(
            shape="internal_note",
            push=bool(self._secret),
            poll=True,
            can_update=True,
            attachments=True,
            channel="helpdesk",
        )

    @property
    def can_send(self) -> bool:
        """Whether there is a user for public follow-ups."""
        return self._sender is not None

    def verify(self, headers: Mapping[str, str], raw: bytes) -> DeliveryId:
        """The secret of the hook's address; its deliveries have no id and no time."""
        if not self._secret:
            raise SignatureRefused("no hook secret is configured", hint='hook_secret_env = "…"')
        wanted = "Basic " + base64.b64encode(f"hook:{self._secret}".encode()).decode()
        given = headers.get("authorization", "")
        if not hmac.compare_digest(given.encode("latin-1", "replace"), wanted.encode()):
            raise SignatureRefused("the secret is missing or wrong", hint="https://hook:SECRET@…")
        return f"sha256:{hashlib.sha256(raw).hexdigest()}"

    def parse(self, raw: bytes) -> list[Ref]:
        """The ticket or follow-up that a hook names: it tells of our own notes as of any other."""
        try:
            event = json.loads(raw)
            ticket, said = int(event["ticket"]["id"]), int(event.get("followup_id", OPENED))
        except (RecursionError, ValueError, KeyError, TypeError, AttributeError):
            raise InputError("is not a hook of django-helpdesk", where=self.name) from None
        return [self._ref(str(ticket), str(said))]

    def poll(self, cursor: Cursor | None) -> tuple[list[Ref], Cursor]:
        """Tickets and follow-ups above the cursor's two marks; without one, from now on."""
        if cursor is None:
            newest = [self._above(kind, 0, newest_only=True) for kind in ("tickets", "followups")]
            marks = [Mark.now(item["id"] for item in items) for items in newest]
            return [], f"{marks[0]}:{marks[1]}"
        ticket, said = (Mark.read(text) for text in cursor.split(":"))
        tickets = self._above("tickets", ticket.above)
        said_since = self._above("followups", said.above)
        refs = [self._ref(str(item["id"]), OPENED) for item in tickets]
        refs += [self._ref(str(item["ticket"]), str(item["id"])) for item in said_since]
        after = ticket.after(item["id"] for item in tickets)
        return refs, f"{after}:{said.after(item['id'] for item in said_since)}"

    def fetch(self, ref: Ref) -> Inbound:
        """The ticket, its own text as its first message, and every follow-up."""
        ticket = self._ticket(ref)
        thread = thread_of(ticket, self.own_ids)
        incoming = [message for message in thread if message.direction == "incoming"]
        wanted = ref.message_id or (incoming[-1].id if incoming else "")
        if (echo := echo_of(ticket)) and wanted == str(echo["id"]):
            wanted = OPENED
        message = next((m for m in thread if m.id == wanted), None)
        if message is None:
            raise MessageGone(f"ticket {ref.thread_id} has no message {wanted}")
        return Inbound(
            ref=self._ref(ref.thread_id, message.id),
            message=message,
            thread=thread,
            subject=ticket["title"],
            closed=ticket["status"] in _CLOSED,
            url=f"{self.url}/tickets/{ref.thread_id}/",
        )

    def find_delivered(self, ref: Ref, key: str) -> Delivered | None:
        """Our private follow-up that ends with the key."""
        found = [
            f
            for f in self._ours(self._ticket(ref))
            if not f["public"] and key_in(f["comment"]) == key
        ]
        if not found:
            return None
        attached = [a["filename"] for a in found[0]["followupattachment_set"]]
        missing = () if any(name.startswith("decision") for name in attached) else ("attachment",)
        # Who was mailed a private note has seen it, whatever the tool calls it.
        if found[0].get("email_recipients"):
            missing += ("privacy",)
        return self._delivered(ref, key, found[0], missing)

    def deliver(self, inbound: Inbound, payload: Payload, key: str) -> Delivered:
        """Post a private follow-up. No title is given: another one renames the ticket.

        The record's name ends in `.txt`: for `.json` it answers 500, the note saved without it.
        """
        data = {"ticket": number_id(inbound.ref.thread_id), "public": "false"}
        data["comment"] = _inert(without_links(payload.note))
        record = (f"{payload.record_name}.txt", payload.record_json, "text/plain")
        said = self._rest.write("POST", "api/followups/", data=data, files={"attachments": record})
        return self._delivered(inbound.ref, key, said, ())

    def withdraw(self, delivered: Delivered) -> bool:
        """Delete our own private follow-up, and no other."""
        ours = self._ours(self._ticket(delivered.ref))
        for item in ours:
            if str(item["id"]) == delivered.id and not item["public"]:
                self._rest.write("DELETE", f"api/followups/{number_id(delivered.id)}/")
                return True
        return False

    def approval(self, delivered: Delivered) -> Approval | None:
        """An agent's public follow-up after ours, or an agent's `/approve KEY`."""
        ticket = self._ticket(delivered.ref)
        after = (m for m in thread_of(ticket, self.own_ids) if int(m.id) > int(delivered.id))
        said = (message for message in after if message.text)
        return approval_among(said, delivered.key)

    def send(self, approved: Approved, key: str) -> Sent:
        """Post the public follow-up with the sender's user, unless it is there."""
        if self._sender is None:
            raise SendRefused("no sending credential", hint=f"add [adapters.{self.name}.sender]")
        ref, text = approved.inbound.ref, approved.approval.text
        if _inert(text) != text:
            raise DeliveryRefused("the text would be run as a template: {{, {% or {#")
        if not (said := self._said(ref, text)):
            data = {"ticket": number_id(ref.thread_id), "public": "true", "comment": text}
            said = self._sender.write("POST", "api/followups/", data=data)
        url = f"{self.url}/tickets/{ref.thread_id}/"
        return Sent(ref=ref, key=key, id=str(said["id"]), at=time_of(said), url=url)

    def _said(self, ref: Ref, text: str) -> dict[str, Any] | None:
        found = [f for f in self._ours(self._ticket(ref)) if f["public"] and f["comment"] == text]
        after = [f for f in found if f["id"] > int(ref.message_id)]
        return after[0] if after else None

    def _ticket(self, ref: Ref) -> dict[str, Any]:
        return self._rest.read(f"api/tickets/{number_id(ref.thread_id)}/")

    def _ours(self, ticket: dict[str, Any]) -> list[dict[str, Any]]:
        return [f for f in ticket["followup_set"] if str(f["user"]) in self.own_ids]

    def _above(self, kind: str, last: int, *, newest_only: bool = False) -> list[dict[str, Any]]:
        """Items numbered above `last`, oldest first, from the end of the list backwards."""
        head = self._rest.read(f"api/{kind}/", page_size=_PAGE)
        found: dict[int, dict[str, Any]] = {}
        for page in range(max(1, -(-head["count"] // _PAGE)), 0, -1):
            items = self._rest.read(f"api/{kind}/", page_size=_PAGE, page=page)["results"]
            found |= {item["id"]: item for item in items if item["id"] > last}
            if newest_only or (items and min(item["id"] for item in items) <= last):
                break
        return [found[id_] for id_ in sorted(found)]

    def _delivered(
        self, ref: Ref, key: str, item: dict[str, Any], missing: tuple[str, ...]
    ) -> Delivered:
        id_, url = str(item["id"]), f"{self.url}/tickets/{ref.thread_id}/"
        return Delivered(ref=ref, key=key, id=id_, at=time_of(item), url=url, missing=missing)

    def _ref(self, ticket: str, said: str) -> Ref:
        return Ref(adapter=self.name, account=self.account, thread_id=ticket, message_id=said)


def _as_user(settings: AdapterSettings, url: str) -> tuple[Rest, str]:
    """The API as the user of this table, and the user's number."""
    auth = (settings.text("user"), settings.secret("password"))
    rest = Rest(url, auth=auth, timeout=settings.number("timeout", 20))
    return rest, str(settings.number("user_id"))


def _inert(text: str) -> str:
    """`text` without template marks: django-helpdesk runs every comment as a Django template."""
    return re.sub(r"\{(?=[{%#])|[}%#](?=\})", r"\g<0> ", text)
