"""Nothing is sent but the exact text a named person approved, with the credential for it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aplomo.brand.model import Limit
from aplomo.embed.adapter import Approval, Delivered, Inbound, Party, text_sha256
from aplomo.embed.loop import Loops
from aplomo.embed.outbox import Outbox
from aplomo.embed.sending import as_drafted, require_sendable
from aplomo.errors import SendRefused
from helpdesk import BOT, DeskAdapter, Helpdesk
from outboxes import PRAISE, come_in

LOOPS = Loops(own_ids=frozenset({BOT}), wrote=lambda _: False)
ANA = Party(id="agent-Ana", name="Ana", kind="agent")
TEXT = "Gracias, Lucía"


def given(by: Party = ANA, text: str = TEXT) -> tuple[Approval, str]:
    approval = Approval(by=by, at=datetime(2026, 1, 1, tzinfo=UTC), text=text, how="here")
    return approval, text_sha256(approval.text)


@pytest.fixture
def asked(adapter: DeskAdapter, desk: Helpdesk) -> Inbound:
    adapter.sender = True
    return adapter.fetch(desk.customer_writes(PRAISE))


def sendable(adapter: DeskAdapter, asked: Inbound, approval: Any) -> Approval:
    limits = [Limit(most=100)]
    return require_sendable(adapter, asked, approval, loops=LOOPS, limits=limits)


def test_with_all_of_it_the_approval_is_given_back(adapter: DeskAdapter, asked: Inbound) -> None:
    assert sendable(adapter, asked, given()).text == TEXT


def test_without_the_credential(adapter: DeskAdapter, asked: Inbound) -> None:
    adapter.sender = False
    with pytest.raises(SendRefused, match="no sending credential"):
        sendable(adapter, asked, given())


@pytest.mark.parametrize(
    ("approval", "why"),
    [
        (None, "no person has approved"),
        ((given()[0], text_sha256("another text")), "not the one that was approved"),
        (given(by=Party(id="x", name="", kind="agent")), "names a person"),
        (given(by=Party(id=BOT, name="Bot", kind="agent")), "wrote ourselves"),
        (given(text="ñ" * 101), "too long for the channel: 101/100"),
        (given(text=" "), "no text"),
    ],
)
def test_each_of_them_is_checked_again_at_the_last_moment(
    adapter: DeskAdapter, asked: Inbound, approval: Any, why: str
) -> None:
    with pytest.raises(SendRefused, match=why):
        sendable(adapter, asked, approval)


@pytest.mark.parametrize(
    "record",
    [
        None,
        {"status": "needs_human", "reply": None},
        {"status": "needs_human", "reply": {"text": TEXT}},
        {"status": "no_reply", "reply": None},
        {"status": "ready", "reply": {"text": ""}},
    ],
    ids=["gone", "escalated", "failed its checks", "silent", "erased"],
)
def test_only_a_reply_that_is_ready_may_go_out_as_drafted(record: Any) -> None:
    with pytest.raises(SendRefused):
        as_drafted(record)
    assert as_drafted({"status": "ready", "reply": {"text": TEXT}}) == TEXT


def test_a_thread_that_has_moved_on(adapter: DeskAdapter, desk: Helpdesk, asked: Inbound) -> None:
    desk.agent_answers("ya está")
    with pytest.raises(SendRefused, match="moved on: answered already"):
        sendable(adapter, adapter.fetch(asked.ref), given())


def test_a_command_by_our_own_user_approves_nothing(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where an adapter takes it for an agent's."""
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    ours, _ = given(by=Party(id=BOT, name="Bot", kind="agent"))
    said = iter([ours, replace(ours, sent=True)])

    def approval(_: Delivered) -> Approval:
        return next(said)

    monkeypatch.setattr(adapter, "approval", approval)
    assert box.review(entry.id).state == "delivered"
    assert box.review(entry.id).state == "delivered"
    assert desk.public("t1") == []


def test_what_was_sent_is_kept_with_who_approved_it(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk, tmp_path: Path
) -> None:
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    box.approve(entry.id, by=ANA, text=TEXT)
    sent = box.process(entry.id)
    assert (sent.state, sent.sent_id) == ("sent", desk.public("t1")[0]["id"])
    stored = box.store.records.approval(entry.id)
    assert stored is not None
    assert (stored[0].by, stored[1]) == (ANA, text_sha256(TEXT))
    assert [state for _, state, _ in box.store.ledger.history(entry.id)][-3:] == [
        "approved", "sending", "sent",
    ]  # fmt: skip
