"""The mailbox adapter on folders in memory: who has seen what, and a reply that is out stays out."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from aplomo.adapters.imap import ImapAdapter
from aplomo.embed.adapter import Approval, Approved, Inbound, Party, Ref
from aplomo.embed.loop import Loops, refusal
from aplomo.embed.mail import header, read_mail
from aplomo.embed.mailbox import Found, Server
from aplomo.embed.plugins import AdapterSettings
from aplomo.errors import ConfigError, DeliveryRefused, ToolUnavailable
from real_servers.drafts import key_for, payload

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
EVA = Party(id="eva@example.com", kind="agent", name="Eva")


class Box:
    """Stands in for `Mailbox`; `full` folders take no more."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, EmailMessage]] = []
        self.full: set[str] = set()
        self.broken = False

    def put(self, folder: str, message: EmailMessage) -> None:
        self.kept.append((folder, read_mail(message.as_bytes())))

    def state(self, folder: str) -> tuple[int, int]:
        return 1, len(self.kept) + 1

    def search(self, folder: str, criteria: list[Any]) -> list[Found]:
        if self.broken:
            raise ToolUnavailable("the mailbox cannot be read: gone")
        return [
            Found(
                folder=folder,
                uid=uid,
                at=START + timedelta(minutes=uid),
                mail=mail,
                unsent=folder == "Drafts",
            )
            for uid, (place, mail) in enumerate(self.kept, start=1)
            if place == folder and holds(mail, iter(criteria))
        ]

    def listed(self, folder: str, criteria: list[Any]) -> list[Found]:
        found = self.search(folder, criteria)
        return [replace(item, mail=headers_of(item.mail)) for item in found]

    def special(self, kind: bytes, named: str) -> str:
        return kind.decode().strip("\\")

    def append(self, folder: str, message: EmailMessage, flags: tuple[bytes, ...]) -> None:
        if folder in self.full:
            raise DeliveryRefused(f"{folder}: does not take the message: quota")
        self.put(folder, message)

    def mark(self, folder: str, uid: int, keyword: bytes) -> None:
        pass

    def remove(self, folder: str, uids: list[int]) -> None:
        for uid in uids:
            self.kept[uid - 1] = ("Trash", self.kept[uid - 1][1])

    def inside(self, folder: str) -> list[EmailMessage]:
        return [mail for place, mail in self.kept if place == folder]


def holds(mail: EmailMessage, criteria: Any) -> bool:
    word = next(criteria, None)
    if word == "OR":
        return any([holds(mail, criteria), holds(mail, criteria)])
    if word == "HEADER":
        name, value = next(criteria), next(criteria)
        return value in header(mail, name)
    return True


def headers_of(mail: EmailMessage) -> EmailMessage:
    return read_mail(mail.as_bytes().partition(b"\n\n")[0] + b"\n\n")


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Box:
    kept = Box()

    @contextmanager
    def opened(self: Server) -> Generator[Any]:
        yield kept

    monkeypatch.setattr(Server, "opened", opened)
    return kept


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    out: list[EmailMessage] = []

    def send(self: Server, message: EmailMessage) -> None:
        out.append(read_mail(message.as_bytes()))

    monkeypatch.setattr(Server, "send", send)
    return out


def adapter(**more: Any) -> ImapAdapter:
    table = {"host": "127.0.0.1", "user": "care@example.com", "password_env": "P"}
    table |= {"team": ["example.com"], **more}
    return ImapAdapter(AdapterSettings(name="mail", table=table, environ={"P": "x"}))


def sending() -> ImapAdapter:
    return adapter(sender={"host": "127.0.0.1", "user": "care", "password_env": "P"})


def letter(sender: str, to: str, id_: str, text: str = "Mi pedido llegó roto", **more: str) -> Any:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = sender, to, id_
    for name, value in more.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def asked(box: Box, mail: ImapAdapter, **more: str) -> Inbound:
    box.put(
        "INBOX", letter("Ana <ana@example.org>", "care@example.com", "<m1@example.org>", **more)
    )
    return mail.fetch(Ref(adapter="mail", account=mail.account, thread_id="<m1@example.org>"))


@pytest.mark.parametrize(
    ("to", "cc", "counts"),
    [
        ("ana@example.org", "", True),
        ("Ana Pérez <ANA@example.org>", "", True),
        ("eva@example.com", "Ana <ana@example.org>", True),
        ("ana@elsewhere.example", "", True),  # her Reply-To
        ("eva@example.com", "", False),
        ("courier@parcels.example", "", False),
        ("care@example.com", "", False),
    ],
)
def test_only_what_went_to_the_customer_is_an_answer(
    box: Box, to: str, cc: str, counts: bool
) -> None:
    """A forward to a colleague stands in Sent too, and names the message that it forwards."""
    mail = adapter()
    inbound = asked(box, mail, reply_to="ana@elsewhere.example")
    key = key_for(inbound)
    delivered = mail.deliver(inbound, payload(key), key)
    more = {"In-Reply-To": "<m1@example.org>"} | ({"Cc": cc} if cc else {})
    box.put("Sent", letter("Eva <care@example.com>", to, "<s1@example.com>", "Míralo", **more))
    approval = mail.approval(delivered)
    assert (approval is not None and approval.text == "Míralo") == counts
    loops = Loops(own_ids=mail.own_ids, wrote=lambda _: False)
    said = refusal(mail.fetch(inbound.ref), loops)
    assert said == ("answered already" if counts else None)


def test_a_message_that_was_filed_elsewhere_is_answered_by_what_went_outside(box: Box) -> None:
    """Who answers often files the question away: then nobody tells who the customer was."""
    mail = adapter()
    inbound = asked(box, mail)
    key = key_for(inbound)
    delivered = mail.deliver(inbound, payload(key), key)
    box.kept[0] = ("Archive", box.kept[0][1])
    way = {"In-Reply-To": "<m1@example.org>"}
    box.put("Sent", letter("care@example.com", "eva@example.com", "<s1@x>", "Míralo", **way))
    assert mail.approval(delivered) is None
    box.put("Sent", letter("care@example.com", "ana@example.org", "<s2@x>", "Hola, Ana", **way))
    approval = mail.approval(delivered)
    assert approval is not None and approval.text == "Hola, Ana"


def test_a_customer_cannot_make_a_colleague_the_one_to_answer(box: Box) -> None:
    mail = adapter()
    inbound = asked(box, mail, reply_to="eva@example.com")
    key = key_for(inbound)
    delivered = mail.deliver(inbound, payload(key), key)
    way = {"In-Reply-To": "<m1@example.org>"}
    box.put("Sent", letter("care@example.com", "eva@example.com", "<s1@x>", "Míralo", **way))
    assert mail.approval(delivered) is None


def test_polling_needs_the_headers_alone(box: Box) -> None:
    mail = adapter()
    asked(box, mail)
    box.put("INBOX", letter("ana@example.org", "care@example.com", "<m2@example.org>",
                            references="<m1@example.org>"))  # fmt: skip
    refs, cursor = mail.poll(None)
    assert [(ref.thread_id, ref.message_id) for ref in refs] == [
        ("<m1@example.org>", "<m1@example.org>"),
        ("<m1@example.org>", "<m2@example.org>"),
    ]
    assert mail.poll(cursor) == ([], cursor)


def approved(mail: ImapAdapter, inbound: Inbound) -> tuple[Approved, str]:
    key = key_for(inbound)
    delivered = mail.deliver(inbound, payload(key), key)
    given = Approval(by=EVA, at=START, text="Hola, Ana.", how="here")
    return Approved(inbound=inbound, delivered=delivered, approval=given), key


def test_a_reply_is_sent_once_and_kept_and_its_draft_cleared_away(
    box: Box, sent: list[EmailMessage]
) -> None:
    mail = sending()
    yes, key = approved(mail, asked(box, mail))
    assert mail.send(yes, key).id == mail.send(yes, key).id
    assert [message["To"] for message in sent] == ["Ana <ana@example.org>"]
    assert "X-Draft-Key" not in sent[0]
    assert [message["X-Draft-Key"] for message in box.inside("Sent")] == [key]
    assert box.inside("Drafts") == []
    ours = mail.fetch(yes.inbound.ref).thread[-1]
    assert (ours.visibility, ours.key, ours.author.id) == ("public", key, "aplomo")


def test_a_full_sent_folder_does_not_say_that_nothing_was_sent(
    box: Box, sent: list[EmailMessage]
) -> None:
    """And the draft is gone all the same: nobody sends it a second time."""
    mail = sending()
    yes, key = approved(mail, asked(box, mail))
    box.full.add("Sent")
    assert mail.send(yes, key).id == f"<{key}.sent@example.com>"
    assert len(sent) == 1
    assert box.inside("Drafts") == []


def test_a_mailbox_that_breaks_once_the_mail_is_out_does_not_say_so_either(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = sending()
    yes, key = approved(mail, asked(box, mail))

    def send(self: Server, message: EmailMessage) -> None:
        box.broken = True

    monkeypatch.setattr(Server, "send", send)
    assert mail.send(yes, key).id == f"<{key}.sent@example.com>"


def test_a_misspelt_key_of_the_way_out_is_refused() -> None:
    sender: Iterable[tuple[str, str]] = {
        "host": "127.0.0.1",
        "user": "x",
        "password_env": "P",
    }.items()
    with pytest.raises(ConfigError, match="unknown key 'hots'"):
        adapter(sender={**dict(sender), "hots": "x"})
