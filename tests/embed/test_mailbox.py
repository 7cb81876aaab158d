"""What goes out over SMTP is out, whatever follows; what is listed of a mailbox is its headers."""

import smtplib
import ssl
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from aplomo.embed.mail import addresses_of, read_mail
from aplomo.embed.mailbox import Mailbox, Server
from aplomo.errors import DeliveryRefused, ToolUnavailable
from real_servers.process import free_port


class Outgoing:
    """A server that may refuse a message, or go wrong once it has taken one."""

    def __init__(self) -> None:
        self.taken = 0
        self.data = "250 OK"
        self.quit = "221 Bye"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        self.taken += self.data.startswith("250")
        return self.data

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        if self.quit == "hangs up":
            server.transport.abort()
        return self.quit


@pytest.fixture
def outgoing() -> Outgoing:
    return Outgoing()


@pytest.fixture
def smtp(outgoing: Outgoing) -> Iterator[Server]:
    controller = Controller(outgoing, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield to(controller.port)
    controller.stop()


def to(port: int, tls: str = "none") -> Server:
    return Server(host="127.0.0.1", port=port, tls=tls, user="care", password="x", timeout=5)


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "care@example.com", "ana@example.org"
    message.set_content("Hola, Ana.")
    return message


@pytest.mark.parametrize("said", ["221 Bye", "421 too busy", "500 what?", "hangs up"])
def test_what_is_said_to_quit_changes_nothing(smtp: Server, outgoing: Outgoing, said: str) -> None:
    outgoing.quit = said
    smtp.send(letter())
    assert outgoing.taken == 1


def test_a_refusal_stays_a_refusal(smtp: Server, outgoing: Outgoing) -> None:
    outgoing.data, outgoing.quit = "550 no", "421 too busy"
    with pytest.raises(DeliveryRefused):
        smtp.send(letter())


def test_nothing_is_sent_where_nobody_answers() -> None:
    with pytest.raises(ToolUnavailable, match="nothing was sent"):
        to(free_port()).send(letter())


def test_the_certificate_of_the_way_out_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """`SMTP_SSL` without a context takes any: the password would go to whoever answers."""
    given: list[ssl.SSLContext] = []

    def connect(*_: Any, context: ssl.SSLContext | None = None, **__: Any) -> None:
        if context is not None:
            given.append(context)
        raise OSError("far enough")

    monkeypatch.setattr(smtplib, "SMTP_SSL", connect)
    with pytest.raises(ToolUnavailable, match="far enough"):
        to(465, "ssl").send(letter())
    assert [(c.verify_mode, c.check_hostname) for c in given] == [(ssl.CERT_REQUIRED, True)]


class Stored:
    """Two hundred and fifty messages of a mailbox, and what was asked of them."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []

    def select_folder(self, folder: str, *, readonly: bool) -> None:
        assert readonly

    def search(self, criteria: list[Any], charset: str) -> list[int]:
        return list(range(250, 0, -1))

    def fetch(self, uids: list[int], items: list[str]) -> dict[int, dict[bytes, Any]]:
        self.asked.append((len(uids), items[0]))
        now = datetime.now().astimezone()
        raw = b"Message-ID: <%d@example.org>\r\n\r\n"
        given = b"BODY[HEADER]" if "HEADER" in items[0] else b"BODY[]<0>"
        return {
            uid: {given: raw % uid, b"INTERNALDATE": now, b"FLAGS": ()} for uid in uids if uid != 7
        }


def test_a_long_list_is_fetched_in_parts_and_without_bodies() -> None:
    box: Any = Stored()
    found = Mailbox(box).listed("INBOX", ["ALL"])
    assert [item.uid for item in found] == [uid for uid in range(1, 251) if uid != 7]
    assert found[0].id == "<1@example.org>"
    assert box.asked == [(100, "BODY.PEEK[HEADER]"), (100, "BODY.PEEK[HEADER]"), (50, "BODY.PEEK[HEADER]")]  # fmt: skip
    box.asked.clear()
    assert len(Mailbox(box).search("INBOX", ["ALL"])) == 249
    assert {what for _, what in box.asked} == {"BODY.PEEK[]<0.2000000>"}


def test_every_address_of_the_headers_is_read() -> None:
    raw = (
        b'To: Ana <Ana@Example.org>,\r\n "x, <no@evil.example>" <b@example.org>\r\n'
        b"Cc: c@example.org\r\nCc: nobody\r\nBcc: d@example.org\r\n\r\n"
    )
    found = addresses_of(read_mail(raw), "to", "cc")
    assert found == {"ana@example.org", "b@example.org", "c@example.org"}
    assert addresses_of(read_mail(b"To: " + b"(" * 5000 + b"\r\n\r\n"), "to") == frozenset()
