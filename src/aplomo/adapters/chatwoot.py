"""Chatwoot: the draft is a private note in the conversation.

    [adapters.chatwoot]
    type = "chatwoot"
    url = "https://chatwoot.example.com"
    account_id = 1
    user_id = 7                        # whose token it is: an agent made for this
    token_env = "CHATWOOT_TOKEN"
    hook_secret_env = "CHATWOOT_HOOK_SECRET"

    [adapters.chatwoot.sender]         # absent by default
    user_id = 8
    token_env = "CHATWOOT_SENDER_TOKEN"

Written from Chatwoot's public API documentation and tested on contracts made from it: it has not
met a running Chatwoot. A person approves with a reply of their own, or a private note
`/approve KEY`; text below that line takes the place of the draft's.
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aplomo.adapters.chatwoot_messages import (
    KEY,
    attributes_of,
    message_of,
    object_of,
    party_of,
    time_of,
)
from aplomo.brand.model import Limit
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
from aplomo.embed.signature import Verifier
from aplomo.errors import InputError, MessageGone, SendRefused

__all__ = ["ChatwootAdapter"]

_AGENT: Final = {"user_id", "token_env", "timeout"}
_MOST_PAGES: Final = 20


class ChatwootAdapter:
    """One account of a Chatwoot, as one of its agents sees it."""

    def __init__(self, settings: AdapterSettings) -> None:
        settings.only({"url", "account_id", "hook_secret_env", *_AGENT})
        self.name = settings.name
        self.url = settings.url()
        self._account_id = settings.number("account_id", 1)
        self.account = f"{urlsplit(self.url).netloc}/{self._account_id}"
        self._rest, own = self._as_agent(settings)
        self._sender, sender = None, own
        if settings.sender:
            settings.sender.only(_AGENT)
            self._sender, sender = self._as_agent(settings.sender)
        self.own_ids = frozenset({f"user:{own}", f"user:{sender}"})
        self._verifier = Verifier.of("chatwoot", [settings.secret("hook_secret")])
        self.caps = Caps(
            shape="internal_note",
            push=True,
            can_update=True,
            channel="helpdesk",
            limits=(Limit(most=150_000),),
        )

    @property
    def can_send(self) -> bool:
        """Whether there is an agent's token for replies."""
        return self._sender is not None

    def verify(self, headers: Mapping[str, str], raw: bytes) -> DeliveryId:
        """`sha256=` hex HMAC of timestamp, full stop and body."""
        return self._verifier.verify(headers, raw).id

    def parse(self, raw: bytes) -> list[Ref]:
        """The message of a `message_created` that came in, public, by its own top-level fields.

        Nothing is taken from `conversation.messages`: the hook of a private note carries the last
        public message of the customer there (Chatwoot issue 14023).
        """
        try:
            event = json.loads(raw)
            if event["event"] != "message_created":
                return []
            if event["message_type"] != "incoming" or event.get("private"):
                return []
            if int(event["account"]["id"]) != self._account_id:
                return []
            return [self._ref(str(int(event["conversation"]["id"])), str(int(event["id"])))]
        except (RecursionError, ValueError, KeyError, TypeError):
            raise InputError("is not a hook of Chatwoot", where=self.name) from None

    def poll(self, cursor: Cursor | None) -> tuple[list[Ref], Cursor]:
        """Chatwoot calls hooks; it is not polled."""
        return [], cursor or ""

    def fetch(self, ref: Ref) -> Inbound:
        """The conversation and all its messages, private notes too."""
        conversation = self._rest.read(self._path(ref))
        thread = tuple(message_of(item, self.own_ids) for item in self._messages(ref))
        incoming = [message for message in thread if message.direction == "incoming"]
        wanted = ref.message_id or (incoming[-1].id if incoming else "")
        message = next((m for m in thread if m.id == wanted), None)
        if message is None:
            raise MessageGone(f"conversation {ref.thread_id} has no message {wanted}")
        lang: Any = object_of(conversation, "additional_attributes").get("browser_language")
        return Inbound(
            ref=self._ref(ref.thread_id, message.id),
            message=message,
            thread=thread,
            lang=lang[:2].lower() if isinstance(lang, str) and len(lang) >= 2 else None,
            # A customer can write in it again, but not be answered: WhatsApp's window, say.
            closed=conversation.get("can_reply") is False,
            url=f"{self.url}/app/accounts/{self._account_id}/conversations/{ref.thread_id}",
        )

    def find_delivered(self, ref: Ref, key: str) -> Delivered | None:
        """Our private note with the key among its attributes, or in its text."""
        for item in self._ours(ref):
            stored = attributes_of(item).get(KEY)
            if item["private"] and key in (stored, key_in(item.get("content"))):
                return self._delivered(ref, key, item, () if stored == key else ("key",))
        return None

    def deliver(self, inbound: Inbound, payload: Payload, key: str) -> Delivered:
        """Post a private note, the key among its attributes."""
        body = {
            "content": without_links(payload.note),
            "message_type": "outgoing",
            "private": True,
            "content_attributes": {KEY: key},
        }
        said = self._rest.write("POST", f"{self._path(inbound.ref)}/messages", body)
        return self._delivered(inbound.ref, key, said, ())

    def withdraw(self, delivered: Delivered) -> bool:
        """Delete our own private note, and no other."""
        for item in self._ours(delivered.ref):
            if str(item["id"]) == delivered.id and item["private"]:
                path = f"{self._path(delivered.ref)}/messages/{number_id(delivered.id)}"
                self._rest.write("DELETE", path)
                return True
        return False

    def approval(self, delivered: Delivered) -> Approval | None:
        """An agent's public message after our note, or an agent's `/approve KEY`."""
        items = [item for item in self._messages(delivered.ref) if item["id"] > int(delivered.id)]
        after = (message_of(item, self.own_ids) for item in items)
        said = (message for message in after if message.direction == "outgoing")
        return approval_among(said, delivered.key)

    def send(self, approved: Approved, key: str) -> Sent:
        """Post the public message with the sender's token, unless it is there."""
        if self._sender is None:
            raise SendRefused("no sending credential", hint=f"add [adapters.{self.name}.sender]")
        ref = approved.inbound.ref
        public = [item for item in self._ours(ref) if not item["private"]]
        said = next((item for item in public if attributes_of(item).get(KEY) == key), None)
        if said is None:
            body = {
                "content": approved.approval.text,
                "message_type": "outgoing",
                "private": False,
                "content_attributes": {KEY: key},
            }
            said = self._sender.write("POST", f"{self._path(ref)}/messages", body)
        return Sent(ref=ref, key=key, id=str(said["id"]), at=time_of(said))

    def _messages(self, ref: Ref) -> list[dict[str, Any]]:
        """Every message, oldest first; the API gives the newest 20, and those before a number."""
        found: dict[int, dict[str, Any]] = {}
        before: dict[str, int] = {}
        for _ in range(_MOST_PAGES):
            items = self._rest.read(f"{self._path(ref)}/messages", **before)["payload"]
            new = {item["id"]: item for item in items if item["id"] not in found}
            if not new:
                break
            found |= new
            before = {"before": min(new)}
        return [found[id_] for id_ in sorted(found)]

    def _ours(self, ref: Ref) -> list[dict[str, Any]]:
        return [item for item in self._messages(ref) if party_of(item).id in self.own_ids]

    def _as_agent(self, settings: AdapterSettings) -> tuple[Rest, int]:
        headers = {"api_access_token": settings.secret("token")}
        timeout = settings.number("timeout", 20)
        return Rest(self.url, headers=headers, timeout=timeout), settings.number("user_id")

    def _path(self, ref: Ref) -> str:
        return f"api/v1/accounts/{self._account_id}/conversations/{number_id(ref.thread_id)}"

    def _delivered(
        self, ref: Ref, key: str, item: dict[str, Any], missing: tuple[str, ...]
    ) -> Delivered:
        url = f"{self.url}/app/accounts/{self._account_id}/conversations/{ref.thread_id}"
        return Delivered(
            ref=ref, key=key, id=str(item["id"]), at=time_of(item), url=url, missing=missing
        )

    def _ref(self, conversation: str, message: str) -> Ref:
        return Ref(
            adapter=self.name, account=self.account, thread_id=conversation, message_id=message
        )
