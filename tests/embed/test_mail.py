"""A reply's headers are ours: whatever stands in the message, nothing of it becomes a header."""

import base64
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.embed.mail import address_of, header, message_ids, read_mail, reply_to
from aplomo.errors import DeliveryRefused

OURS = {"from", "to", "subject", "date", "message-id", "in-reply-to", "references",
        "content-type", "content-transfer-encoding", "mime-version"}  # fmt: skip
REPLY = "Hola, Ana.\nTe escribimos por privado."
BREAKS = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\0"]


def answered(raw: bytes) -> EmailMessage:
    """The reply as the next server reads it: from its bytes."""
    made = reply_to(read_mail(raw), REPLY, sender="care@example.com", message_id="<r@example.com>")
    sent = made.as_bytes(policy=policy.SMTP)
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(sent)


def holds(reply: EmailMessage) -> None:
    names = [name.lower() for name in reply.keys()]  # noqa: SIM118 -- a header given twice is listed twice
    assert set(names) <= OURS
    assert len(set(names)) == len(names)
    assert [a.addr_spec for a in reply["From"].addresses] == ["care@example.com"]
    assert len(reply["To"].addresses) == 1
    assert reply.get_content().splitlines() == REPLY.splitlines()


def encoded(text: str, how: str) -> bytes:
    """`text` as an encoded word, the way to hide a line break in a header."""
    if how == "q":
        said = "".join(f"={byte:02X}" for byte in text.encode())
    else:
        said = base64.b64encode(text.encode()).decode()
    return f"=?utf-8?{how}?{said}?=".encode()


@pytest.mark.parametrize("how", ["q", "b"])
@pytest.mark.parametrize("broken", BREAKS, ids=ascii)
def test_a_line_break_in_an_encoded_word_stays_in_its_header(how: str, broken: str) -> None:
    evil = encoded(f"x{broken}Bcc: y@evil.example{broken}{broken}<script>", how)
    raw = b"From: " + evil + b" <ana@example.org>\r\nSubject: " + evil
    raw += b"\r\nMessage-ID: <m1@example.org>\r\n\r\nHola\r\n"
    reply = answered(raw)
    holds(reply)
    assert reply["To"].addresses[0].addr_spec == "ana@example.org"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"Message-ID", b"<m1@example.org\r\n Bcc: y@evil.example>"),
        (b"Message-ID", b"<m1@example.org>\rBcc: y@evil.example"),
        (b"In-Reply-To", b"<a@b>\r\n\tBcc: y@evil.example <c@d>"),
        (b"References", b"<a@b> <c\nBcc: y@evil.example>"),
        (b"References", b"<" + b"a" * 5000 + b"@b>"),
        (b"References", b" ".join(b"<%d@x>" % n for n in range(500))),
        (b"Message-ID", encoded("<m@x>\r\nBcc: y@evil.example", "q")),
        (b"Reply-To", b"ana@example.org, y@evil.example"),
        (b"Reply-To", b"\"x\r\n Bcc: y@evil.example\" <ana@example.org>"),
        (b"Subject", b"Re: x\r\n\r\n\r\nBcc: y@evil.example"),
    ],
)  # fmt: skip
def test_nothing_is_smuggled_through_the_other_headers(name: bytes, value: bytes) -> None:
    raw = b"From: Ana <ana@example.org>\r\n" + name + b": " + value + b"\r\n\r\nHola\r\n"
    reply = answered(raw)
    holds(reply)
    assert reply["To"].addresses[0].addr_spec == "ana@example.org"
    assert len(str(reply["References"] or "")) < 2000


@pytest.mark.parametrize(
    "sender",
    [
        b"<ana@example.org\r\n>", b"ana@example.org\x00", b"ana@exam ple.org", b"<>", b"",
        "Añá <añá@example.org>".encode(), b"ana@example.org@evil.example, b@c",
        encoded("ana@example.org\r\nBcc: y@evil.example", "q"), b"(" * 500,
    ],
)  # fmt: skip
def test_an_odd_address_is_answered_alone_or_not_at_all(sender: bytes) -> None:
    raw = b"From: " + sender + b"\r\nSubject: x\r\n\r\nHola\r\n"
    try:
        holds(answered(raw))
    except DeliveryRefused:
        assert address_of(read_mail(raw), "from")[1] == ""


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_bytes_the_headers_hold(name: bytes, subject: bytes, ids: bytes) -> None:
    raw = b"From: " + name + b" <ana@example.org>\r\nSubject: " + subject
    raw += b"\r\nReferences: " + ids + b"\r\nMessage-ID: " + ids + b"\r\n\r\nHola\r\n"
    try:
        holds(answered(raw))
    except DeliveryRefused:
        assert address_of(read_mail(raw), "reply-to", "from")[1] == ""


def test_headers_are_read_as_one_line() -> None:
    message = read_mail(b"Subject: a\r\n b\r\nMessage-ID: <a b@c>\r\n\r\n")
    assert header(message, "subject") == "a b"
    assert message_ids(message, "message-id") == ()
