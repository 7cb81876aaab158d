"""Any mailbox over IMAP: the draft waits in the Drafts folder, in the thread it answers.

    [adapters.mail]
    type = "imap"
    host = "imap.example.com"
    user = "care@example.com"
    password_env = "MAIL_PASSWORD"
    team = ["example.com"]             # who is never a customer: addresses or whole domains

    [adapters.mail.sender]             # absent by default: then a person sends from the mailbox
    host = "smtp.example.com"
    user = "care@example.com"
    password_env = "SMTP_PASSWORD"

Two messages are written: the draft, which holds nothing but the reply, and a note beside the
customer's message with the reasons and the record, so that no one sends those by mistake.
"""

import logging
import re
from collections.abc import Mapping
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any, Final

from imapclient import DRAFT, SEEN

from aplomo.adapters.imap_messages import BODY_HASH, KEY, OURS, Letters
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
from aplomo.embed.mail import header, message_ids, untouched
from aplomo.embed.mailbox import SERVER_KEYS, Found, Mailbox, Server, any_of, has
from aplomo.embed.plugins import AdapterSettings
from aplomo.errors import ConfigError, MessageGone, SendRefused, SignatureRefused

__all__ = ["ImapAdapter"]

KEYWORD: Final = b"$AIDrafted"
_ID = re.compile(r"<[^<>\s]{1,250}>|uid:[0-9]{1,10}")
_MOST_IN_THREAD = 50
_log = logging.getLogger("aplomo.adapters.imap")


class ImapAdapter:
    """One mailbox. Every operation logs in anew: nothing is shared between threads."""

    own_ids = frozenset({OURS.id})
    caps = Caps(shape="native_draft", poll=True, can_update=True, attachments=True, channel="email")

    def __init__(self, settings: AdapterSettings) -> None:
        settings.only({*SERVER_KEYS, "address", "team", "lookback_days", "inbox", "drafts", "sent"})
        self.name = settings.name
        self._server = Server.of(settings, {"ssl": 993, "starttls": 143, "none": 143})
        self.account = settings.text("address", self._server.user).lower()
        if "@" not in self.account:
            where = f"{settings.where} [adapters.{self.name}]"
            hint = 'address = "care@example.com"'
            raise ConfigError(f"'{self.account}' is no address", where=where, hint=hint)
        self._lookback = settings.number("lookback_days", 7)
        self._inbox = settings.text("inbox", "INBOX")
        team = {entry.lower().removeprefix("@") for entry in settings.texts("team")}
        self._letters = Letters(account=self.account, team=team, inbox=self._inbox)
        self._named = {kind: settings.text(kind, "") for kind in ("drafts", "sent")}
        ways = {"starttls": 587, "ssl": 465, "none": 25}
        if sender := settings.sender:
            sender.only(SERVER_KEYS)
        self._smtp = Server.of(sender, ways) if sender else None

    @property
    def can_send(self) -> bool:
        """Whether an SMTP account is configured."""
        return self._smtp is not None

    def verify(self, headers: Mapping[str, str], raw: bytes) -> DeliveryId:
        """A mailbox calls no hooks."""
        raise SignatureRefused("a mailbox calls no hooks", hint="it is polled")

    def parse(self, raw: bytes) -> list[Ref]:
        """A mailbox calls no hooks."""
        return []

    def poll(self, cursor: Cursor | None) -> tuple[list[Ref], Cursor]:
        """Unmarked messages from the cursor's UID on.

        Without a cursor, or when the server has numbered the mailbox anew: the unmarked and
        unanswered ones of the last `lookback_days` days.
        """
        validity, _, following = (cursor or "").partition(":")
        with self._server.opened() as box:
            now, upcoming = box.state(self._inbox)
            wanted: list[Any] = ["UNKEYWORD", KEYWORD]
            if goes_on := validity == str(now):
                wanted += ["UID", f"{following}:*"]
            else:
                since = date.today() - timedelta(days=self._lookback)  # noqa: DTZ011 -- as IMAP has it
                wanted += ["UNANSWERED", "SINCE", since]
            found = box.listed(self._inbox, wanted)
        # `N:*` names the last message even where it lies below N.
        low = int(following) if goes_on else 0
        return [self._ref(item) for item in found if item.uid >= low], f"{now}:{upcoming}"

    def fetch(self, ref: Ref) -> Inbound:
        """The message and its thread over inbox, Sent and Drafts."""
        with self._server.opened() as box:
            asked = self._asked(box, ref) if ref.message_id else None
            items = self._thread(box, ref.thread_id, ref.message_id)
        if not items and asked is not None:  # it has no id that others could name
            items = [asked]
        customers = self._letters.customers(items)
        thread = {item.id: self._letters.message(item, customers) for item in items}
        if asked is None:
            incoming = [item for item in items if thread[item.id].direction == "incoming"]
            if not incoming:
                raise MessageGone(f"no message of the thread {ref.thread_id} is in the mailbox")
            asked = incoming[-1]
        return Inbound(
            ref=self._ref(asked),
            message=self._letters.message(asked, customers),
            thread=tuple(thread.values()),
            subject=header(asked.mail, "subject"),
        )

    def find_delivered(self, ref: Ref, key: str) -> Delivered | None:
        """The draft or, when a person has used that up, the note that carries the key."""
        with self._server.opened() as box:
            drafts = box.search(self._folder(box, "drafts"), has(KEY, key))
            notes = box.search(self._inbox, has(KEY, key))
        if not (found := [*drafts, *notes]):
            return None
        missing = () if notes else ("note", "attachment")
        return Delivered(ref=ref, key=key, id=found[0].id, at=found[0].at, missing=missing)

    def deliver(self, inbound: Inbound, payload: Payload, key: str) -> Delivered:
        """Append draft and note, then remove those they replace, then mark the message."""
        kind = "draft" if payload.reply else "note"
        with self._server.opened() as box:
            asked = self._asked(box, inbound.ref)
            before = self._written_before(box, {key, *([r.key] if (r := payload.replaces) else [])})
            if payload.reply:
                draft = self._letters.draft(asked.mail, payload.reply, key)
                box.append(self._folder(box, "drafts"), draft, (DRAFT, SEEN))
            note = self._letters.note(asked.mail, payload, key)
            box.append(self._inbox, note, (SEEN, KEYWORD))
            for folder, uids in before.items():
                box.remove(folder, uids)
            box.mark(self._inbox, asked.uid, KEYWORD)
        return Delivered(ref=inbound.ref, key=key, id=self._letters.new_id(key, kind))

    def withdraw(self, delivered: Delivered) -> bool:
        """Remove the draft and its note; a draft that a person has edited stays."""
        with self._server.opened() as box:
            for folder, uids in self._written_before(box, {delivered.key}).items():
                box.remove(folder, uids)
        return True

    def approval(self, delivered: Delivered) -> Approval | None:
        """A person's reply in Sent: our header is gone from it, its In-Reply-To is not.

        A forward to a colleague has that too: it counts when it went to the customer.
        """
        answered = delivered.ref.message_id
        with self._server.opened() as box:
            criteria = any_of(has("In-Reply-To", answered), has("References", answered))
            found = box.search(self._folder(box, "sent"), criteria)
            asked = box.listed(self._inbox, has("Message-ID", answered)) if found else []
        customers = self._letters.customers(asked)
        by_people = [item for item in found if KEY not in item.mail]
        for item in by_people:
            if self._letters.answers(item, customers):
                said = self._letters.message(item, customers)
                by, at = said.author, said.created_at
                return Approval(by=by, at=at, text=said.text, how="reply in Sent", sent=True)
        return None

    def send(self, approved: Approved, key: str) -> Sent:
        """Send over SMTP, keep a copy in Sent, and clear the draft away."""
        if self._smtp is None:
            raise SendRefused("no sending credential", hint=f"add [adapters.{self.name}.sender]")
        ref = approved.inbound.ref
        with self._server.opened() as box:
            if copies := box.search(self._folder(box, "sent"), has(KEY, key)):
                return Sent(ref=ref, key=key, id=copies[0].id, at=copies[0].at)
            asked = self._asked(box, ref)
        message = self._letters.reply(asked.mail, approved.approval.text, key, "sent")
        del message[KEY]  # what the customer gets does not carry it; our copy does
        self._smtp.send(message)
        message[KEY] = key
        try:
            self._file_away(message, key)
        except Exception as error:  # the mail is out: no failure here may say that it is not
            _log.warning("%s was sent, but its copy or its draft is not in place: %s", key, error)
        return Sent(ref=ref, key=key, id=str(message["Message-ID"]))

    def _file_away(self, message: EmailMessage, key: str) -> None:
        """A copy into Sent and, also when that takes none, the draft out of the way."""
        with self._server.opened() as box:
            try:
                box.append(self._folder(box, "sent"), message, (SEEN,))
            finally:
                for place, uids in self._written_before(box, {key}).items():
                    box.remove(place, uids)

    def _folder(self, box: Mailbox, kind: str) -> str:
        return box.special(f"\\{kind.title()}".encode(), self._named[kind])

    def _asked(self, box: Mailbox, ref: Ref) -> Found:
        if not _ID.fullmatch(ref.message_id):
            raise MessageGone(f"{ref.message_id[:40]!r} is no id of a message")
        kind, _, uid = ref.message_id.partition(":")
        criteria = ["UID", uid] if kind == "uid" else has("Message-ID", ref.message_id)
        found = [item for item in box.search(self._inbox, criteria) if item.id == ref.message_id]
        if not found:
            raise MessageGone(f"{ref.message_id} is not in the mailbox any more")
        return found[0]

    def _thread(self, box: Mailbox, *ids: str) -> list[Found]:
        """The last messages that name one of `ids`, oldest first, each once."""
        names = [name for name in dict.fromkeys(ids) if _ID.fullmatch(name) and name[0] == "<"]
        fields = ("Message-ID", "In-Reply-To", "References")
        criteria = [has(field, name) for name in names for field in fields]
        folders = (self._inbox, self._folder(box, "sent"), self._folder(box, "drafts"))
        found: dict[str, Found] = {}
        for folder in folders:
            for item in box.search(folder, any_of(*criteria)) if criteria else ():
                found.setdefault(item.id, item)
        return sorted(found.values(), key=lambda item: item.at)[-_MOST_IN_THREAD:]

    def _written_before(self, box: Mailbox, keys: set[str]) -> dict[str, list[int]]:
        """Our drafts and notes with these keys; not a draft that a person has edited since."""
        before: dict[str, list[int]] = {}
        for folder in (self._folder(box, "drafts"), self._inbox):
            found = [item for key in keys for item in box.search(folder, has(KEY, key))]
            before[folder] = [item.uid for item in found if untouched(item.mail, BODY_HASH)]
        return before

    def _ref(self, item: Found) -> Ref:
        own = item.id
        above = message_ids(item.mail, "references") or message_ids(item.mail, "in-reply-to")
        root = above[0] if above else own
        return Ref(adapter=self.name, account=self.account, thread_id=root, message_id=own)
