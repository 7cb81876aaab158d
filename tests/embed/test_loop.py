"""Only a customer's newest public message is answered; each rule alone can stop a draft."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from aplomo.embed import loop
from aplomo.embed.adapter import Inbound, Message, Party, Ref
from aplomo.embed.loop import Loops, refusal
from aplomo.embed.mail import machine_headers, read_mail

LOOPS = Loops(own_ids=frozenset({"bot"}), wrote=lambda id_: id_ == "ours")


def message(id_: str = "m1", **more: Any) -> Message:
    values: dict[str, Any] = {
        "text": "hola",
        "author": Party(id="lucia", kind="customer"),
        "visibility": "public",
        "direction": "incoming",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Message(id=id_, **values | more)


def inbound(first: Message, *after: Message, closed: bool = False) -> Inbound:
    ref = Ref(adapter="a", account="x", thread_id="t", message_id=first.id)
    return Inbound(ref=ref, message=first, thread=(first, *after), closed=closed)


def mail(**headers: str) -> Message:
    return message(headers={name.replace("_", "-"): value for name, value in headers.items()})


AGENT = {"author": Party(id="ana", kind="agent"), "direction": "outgoing"}
REFUSED: Mapping[str, tuple[Inbound, str]] = {
    "agent": (inbound(message(author=Party(id="ana", kind="agent"))), "from_customer"),
    "unknown author": (inbound(message(author=Party(id="?"))), "from_customer"),
    "internal": (inbound(message(visibility="internal")), "public"),
    "unknown visibility": (inbound(message(visibility="unknown")), "public"),
    "outgoing": (inbound(message(direction="outgoing")), "incoming"),
    "own user": (inbound(message(author=Party(id="bot", kind="customer"))), "not_ours"),
    "own key": (inbound(message(key="k" * 32)), "not_ours"),
    "own mark": (inbound(message(text="x\nref: " + "0a" * 16)), "not_ours"),
    "own mark, as mail has it": (
        inbound(message(text="x\r\nref: " + "0a" * 16 + "\r\ny")),
        "not_ours",
    ),
    "own ledger": (inbound(message("ours")), "not_ours"),
    "automatic": (inbound(message(automatic=True)), "by_a_person"),
    "auto-submitted": (inbound(mail(auto_submitted="auto-replied")), "by_a_person"),
    "bulk": (inbound(mail(precedence="bulk")), "by_a_person"),
    "list": (inbound(mail(list_id="<x.example>")), "by_a_person"),
    "bounce": (inbound(mail(return_path="<>")), "by_a_person"),
    "no-reply": (inbound(mail(**{"from": "Tienda <no-reply@shop.example>"})), "by_a_person"),
    "newer": (inbound(message(), message("m2")), "newest"),
    "answered": (inbound(message(), message("m2", **AGENT)), "newest"),
    "closed": (inbound(message(), closed=True), "open_thread"),
}


def test_a_customers_newest_message_passes() -> None:
    note = message("m2", **AGENT | {"visibility": "internal"})
    receipt = message("m3", **AGENT | {"author": Party(id="s", kind="system")})
    for passing in (inbound(message()), inbound(message(), note), inbound(message(), receipt)):
        assert refusal(passing, LOOPS) is None
    assert refusal(inbound(mail(auto_submitted="no", return_path="<l@x.example>")), LOOPS) is None


@pytest.mark.parametrize("name", REFUSED)
def test_each_rule_refuses(name: str) -> None:
    assert refusal(REFUSED[name][0], LOOPS) is not None


@pytest.mark.parametrize("name", REFUSED)
def test_with_its_rule_switched_off_it_would_pass(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutation check: no rule stands in for another, so each is needed."""
    seen, rule = REFUSED[name]
    left = tuple(one for one in loop.RULES if one.__name__ != rule)
    assert len(left) == len(loop.RULES) - 1
    monkeypatch.setattr(loop, "RULES", left)
    assert refusal(seen, LOOPS) is None


@pytest.mark.parametrize(
    "header",
    ["From: no-reply@shop.example", "Reply-To: no-reply@shop.example", "Auto-Submitted: auto-replied",
     "Precedence: bulk", "List-Id: <x.example>", "List-Unsubscribe: <mailto:x@x.example>",
     "Return-Path: <>", "X-Auto-Response-Suppress: All", "X-Autoreply: yes", "X-Autorespond: x",
     "Feedback-ID: 1:campaign:shop", "Content-Type: multipart/report"],
)  # fmt: skip
def test_every_header_that_tells_a_machine_is_read_and_heeded(header: str) -> None:
    """One that is collected and not looked at, or looked at and not collected, stops nothing."""
    read = machine_headers(read_mail(header.encode() + b"\r\n\r\nhola\r\n"))
    assert refusal(inbound(message(headers=read)), LOOPS) is not None


def test_why_it_is_not_the_newest_is_said() -> None:
    """An agent reads it, and the outbox acts on it."""
    system = Party(id="s", kind="system")
    for after, why in (
        (message("m2"), "a newer message of the customer"),
        (message("m2", **AGENT), "answered already"),
        (message("m2", author=system, direction="unknown"), "answered already"),
        (message("m2", author=system), "answered already"),
    ):
        assert refusal(inbound(message(), after), LOOPS) == why


def test_a_message_missing_from_its_thread_is_refused() -> None:
    assert refusal(replace(inbound(message()), thread=()), LOOPS) is not None
