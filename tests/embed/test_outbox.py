"""From a hook to a draft in the tool, and what a person makes of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aplomo import UsageError
from aplomo.embed.adapter import Party, Ref
from aplomo.embed.outbox import Outbox
from aplomo.embed.store.leases import Leases
from aplomo.embed.store.records import Records
from aplomo.errors import (
    InputError,
    ModelRejected,
    SendRefused,
    SignatureRefused,
    ToolUnavailable,
)
from aplomo.llm.port import Completion, Request
from helpdesk import DeskAdapter, Helpdesk, sign
from outboxes import PRAISE, QUICK, SteadyModel, come_in, outbox, settle
from small_world import GOOD

ANA = Party(id="agent-Ana", name="Ana", kind="agent")
BOB = Party(id="agent-Bob", name="Bob", kind="agent")


class FaintModel(SteadyModel):
    """Has nothing usable to say for its first `faints` decisions."""

    def __init__(self, faints: int) -> None:
        super().__init__()
        self.faints = faints

    def complete(self, request: Request, *, timeout: float) -> Completion:
        if self.faints > 0:
            self.faints -= 1
            raise ModelRejected("faint")
        return super().complete(request, timeout=timeout)


def unreachable(*_: Any) -> None:
    raise ToolUnavailable("cannot be reached")


def test_a_message_becomes_one_internal_note(box: Outbox, desk: Helpdesk) -> None:
    entry = box.process(come_in(box, desk))
    assert entry.state == "delivered"
    (note,) = desk.notes("t1")
    assert GOOD in note["text"]
    assert f"ref: {entry.key}" in note["text"]
    assert desk.public("t1") == []
    assert entry.delivered_id == note["id"]
    steps = [state for _, state, _ in box.store.ledger.history(entry.id)]
    assert steps == ["received", "drafted", "delivered"]


def test_a_comment_has_its_thread_in_its_id(box: Outbox, desk: Helpdesk) -> None:
    """Some tools count the messages of each thread from 0."""
    entry = box.process(come_in(box, desk))
    record = box.store.records.get(entry.decision_id or "") or {}
    assert record["comment"]["id"] == f"desk/t1/{entry.ref.message_id}"


def test_processing_again_changes_nothing(box: Outbox, desk: Helpdesk) -> None:
    event = come_in(box, desk)
    first = box.process(event)
    assert box.process(event) == first
    assert desk.writes == 1


def test_the_same_hook_and_the_same_message_are_recognised(box: Outbox, desk: Helpdesk) -> None:
    ref = desk.customer_writes(PRAISE)
    hook = desk.hook(ref)
    assert len(box.receive("desk", *hook)) == 1
    assert box.receive("desk", *hook) == []
    assert box.receive("desk", *desk.hook(ref, delivery="another")) == []


def test_polling_finds_what_no_hook_told(box: Outbox, desk: Helpdesk) -> None:
    first = desk.customer_writes(PRAISE)
    box.receive("desk", *desk.hook(first))
    desk.customer_writes(PRAISE, thread="t2")
    assert len(box.poll("desk")) == 1
    assert box.poll("desk") == []


def test_a_hook_that_names_only_the_thread(box: Outbox, desk: Helpdesk) -> None:
    desk.customer_writes(PRAISE)
    raw = b'{"thread": "t1"}'
    (event,) = box.receive("desk", sign(raw, "a"), raw)
    (again,) = box.receive("desk", sign(raw, "b"), raw)
    assert box.process(event).state == "delivered"
    assert box.process(again).state == "skipped"
    assert desk.writes == 1


def test_a_forged_hook_stores_nothing(box: Outbox, desk: Helpdesk) -> None:
    headers, raw = desk.hook(desk.customer_writes(PRAISE))
    with pytest.raises(SignatureRefused):
        box.receive("desk", headers, raw + b" ")
    with pytest.raises(InputError):
        box.receive("desk", sign(b"[1]", "x"), b"[1]")
    assert box.store.ledger.due() is None


@pytest.mark.parametrize("id_", ["x" * 301, "a\0b"])
def test_ids_that_no_database_keeps_are_refused(box: Outbox, id_: str) -> None:
    """Stored on one database and an error on the other, they would be sent again for ever."""
    raw = json.dumps({"thread": id_}).encode()
    with pytest.raises(InputError, match="no id of a message"):
        box.receive("desk", sign(raw, "d"), raw)
    assert box.store.ledger.due() is None


def test_the_text_of_a_hook_is_never_used(box: Outbox, desk: Helpdesk) -> None:
    box.process(come_in(box, desk))
    assert "never to be used" not in desk.notes("t1")[0]["attached"]


def test_silence_is_recorded_and_nothing_written(box: Outbox, desk: Helpdesk) -> None:
    entry = box.process(come_in(box, desk, "Prefiero el té"))
    assert (entry.state, desk.writes) == ("silent", 0)
    assert entry.decision_id is not None
    assert box.store.records.get(entry.decision_id)["status"] == "no_reply"  # type: ignore[index]


def test_a_newer_message_replaces_the_draft(box: Outbox, desk: Helpdesk) -> None:
    first = box.process(come_in(box, desk))
    second = box.process(come_in(box, desk, "y el café de ayer también"))
    assert second.state == "delivered"
    assert box.entry(first.id).state == "superseded"
    (note,) = desk.notes("t1")
    assert note["key"] == second.key
    assert "sugerencia anterior" in note["text"]


def test_messages_out_of_order_end_in_one_draft_for_the_newest(box: Outbox, desk: Helpdesk) -> None:
    older = desk.customer_writes(PRAISE)
    newer = desk.customer_writes(f"{PRAISE}!")
    (second,) = box.receive("desk", *desk.hook(newer))
    (first,) = box.receive("desk", *desk.hook(older))
    assert box.process(second).state == "delivered"
    assert box.process(first).state == "skipped"
    assert len(desk.notes("t1")) == 1


def test_a_newer_message_whose_hook_was_lost_is_remembered(box: Outbox, desk: Helpdesk) -> None:
    event = come_in(box, desk)
    desk.customer_writes("¿y el café de Lugo?")
    assert box.process(event).state == "skipped"
    lost = box.store.ledger.due()
    assert lost is not None
    assert box.process(lost).state == "delivered"


def test_an_answer_in_between_makes_the_draft_stale(box: Outbox, desk: Helpdesk) -> None:
    entry = box.process(come_in(box, desk))
    assert desk.notes("t1") != []
    desk.save(
        "t1",
        text="hola",
        public=True,
        direction="outgoing",
        author={"id": "x", "name": "", "kind": "unknown"},
    )
    assert box.review(entry.id).state == "stale"
    assert desk.notes("t1") == []


def test_a_thread_closed_meanwhile_makes_the_draft_stale(box: Outbox, desk: Helpdesk) -> None:
    entry = box.process(come_in(box, desk))
    desk.closed.add("t1")
    after = box.review(entry.id)
    assert (after.state, after.reason) == ("stale", "the thread was closed")
    assert desk.notes("t1") == []


def test_a_delivered_draft_is_superseded_when_the_customer_wrote_again(
    box: Outbox, desk: Helpdesk
) -> None:
    """Also when no hook told of it: looking is enough. And it leaves the tool at once: the newer
    message may get no draft."""
    entry = box.process(come_in(box, desk))
    desk.customer_writes(f"{PRAISE}, y el té")
    assert box.review(entry.id).state == "superseded"
    assert desk.notes("t1") == []
    newer = box.store.ledger.due()
    assert newer is not None
    assert box.process(newer).state == "delivered"
    assert len(desk.notes("t1")) == 1


def test_too_many_drafts_in_one_tool_wait(
    adapter: DeskAdapter, desk: Helpdesk, tmp_path: Path
) -> None:
    box = outbox(tmp_path / "a.db", adapter, limits=replace(QUICK, per_adapter_hour=2))
    entries = [box.process(come_in(box, desk, thread=f"t{number}")) for number in range(3)]
    assert [entry.state for entry in entries] == ["delivered", "delivered", "received"]
    assert "is it a loop?" in entries[2].reason
    assert desk.writes == 2


def test_an_answer_while_drafting_prevents_the_write(
    adapter: DeskAdapter, desk: Helpdesk, tmp_path: Path
) -> None:
    class Slow(SteadyModel):
        def complete(self, request, *, timeout):  # type: ignore[no-untyped-def]
            desk.agent_answers("ya te ayudo yo")
            return super().complete(request, timeout=timeout)

    box = outbox(tmp_path / "a.db", adapter, model=Slow())
    assert box.process(come_in(box, desk)).state == "stale"
    assert desk.writes == 0


def test_an_agents_own_answer_in_the_tool_is_the_approval(box: Outbox, desk: Helpdesk) -> None:
    entry = box.process(come_in(box, desk))
    answer = desk.agent_answers("Gracias, de todo corazón")
    (news,) = box.receive("desk", *desk.hook(answer))
    assert box.process(news).state == "skipped"
    assert box.entry(entry.id).state == "sent"
    given, sha256 = box.store.records.approval(entry.id) or (None, "")
    assert given is not None
    assert (given.by.name, given.text) == ("Ana", "Gracias, de todo corazón")
    assert given.sha256 == sha256


def test_a_person_here_approves_and_without_a_sender_nothing_goes_out(
    box: Outbox, desk: Helpdesk
) -> None:
    entry = box.process(come_in(box, desk))
    assert box.approve(entry.id, by=ANA).state == "approved"
    assert box.process(entry.id).state == "approved"
    assert box.store.ledger.due() is None
    assert desk.public("t1") == []


def test_with_a_sender_the_exact_text_goes_out_once(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk
) -> None:
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    box.approve(entry.key or "", by=ANA, text="¡Mil gracias!")
    assert box.process(entry.id).state == "sent"
    assert box.process(entry.id).state == "sent"
    assert [message["text"] for message in desk.public("t1")] == ["¡Mil gracias!"]


@pytest.mark.parametrize(
    ("by", "text", "why"),
    [
        (Party(id="agent-Ana", name=" ", kind="agent"), None, "names a person"),
        (Party(id="x", name="Bot", kind="bot"), None, "names a person"),
        (Party(id="bot-1", name="Bot", kind="agent"), None, "wrote ourselves"),
        (ANA, "  ", "no text"),
        (ANA, "x" * 20_001, "too long"),
    ],
)
def test_what_nobody_may_approve(
    box: Outbox, desk: Helpdesk, by: Party, text: str, why: str
) -> None:
    entry = box.process(come_in(box, desk))
    with pytest.raises(SendRefused, match=why):
        box.approve(entry.id, by=by, text=text)
    assert box.entry(entry.id).state == "delivered"


def test_a_thread_that_moved_on_is_not_answered(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk
) -> None:
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    box.approve(entry.id, by=ANA)
    desk.customer_writes("y otra cosa")
    after = box.process(entry.id)
    assert (after.state, desk.public("t1")) == ("blocked", [])
    assert "moved on" in after.reason


def test_a_changed_text_is_not_sent(adapter: DeskAdapter, box: Outbox, desk: Helpdesk) -> None:
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    box.approve(entry.id, by=ANA)
    with box.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE approval SET text = 'otra cosa'")
    assert box.process(entry.id).state == "blocked"
    assert desk.public("t1") == []


def test_an_approval_by_command_is_sent(adapter: DeskAdapter, box: Outbox, desk: Helpdesk) -> None:
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    desk.agent_notes(f"/approve {entry.key} Gracias, Lucía")
    assert box.review(entry.id).state == "sent"
    assert [message["text"] for message in desk.public("t1")] == ["Gracias, Lucía"]


def test_a_bare_command_approves_the_draft_as_it_is(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk
) -> None:
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    desk.agent_notes(f"/approve {entry.key}")
    assert box.review(entry.id).state == "sent"
    assert [message["text"] for message in desk.public("t1")] == [GOOD]


def test_a_bare_command_never_approves_a_draft_that_failed_its_checks(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands in the note, under "do not send it as it is"."""
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    kept = box.store.records.get(entry.decision_id or "") or {}
    failed = kept | {"status": "needs_human"}

    def get(*_: object) -> Any:
        return failed

    monkeypatch.setattr(Records, "get", get)
    desk.agent_notes(f"/approve {entry.key}")
    for _ in range(2):
        seen = box.review(entry.id)
        assert seen.state == "delivered"
        assert seen.reason.startswith("not approved: no reply is ready to be sent as drafted")
    assert desk.public("t1") == []
    with pytest.raises(SendRefused, match="no reply is ready"):
        box.approve(entry.id, by=ANA)
    assert box.approve(entry.id, by=ANA, text=GOOD).state == "approved"


@pytest.mark.parametrize("trouble", ["500 after saving", "timeout"])
def test_a_send_that_may_have_taken_is_looked_for(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk, trouble: str
) -> None:
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    box.approve(entry.id, by=ANA)
    with desk.misbehaving(trouble):
        assert box.process(entry.id).state == "sent"
    assert len(desk.public("t1")) == 1


def test_a_send_of_unknown_result_is_never_repeated(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk
) -> None:
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    box.approve(entry.id, by=ANA)
    with desk.misbehaving("500"):
        after = box.process(entry.id)
    assert after.state == "blocked"
    assert box.process(entry.id).state == "blocked"
    with pytest.raises(UsageError, match="may have been sent"):
        box.again(entry.id)
    assert desk.public("t1") == []


@pytest.mark.parametrize("trouble", ["busy", "unreachable"])
def test_a_send_that_surely_took_nothing_is_tried_again(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk, trouble: str
) -> None:
    adapter.sender = True
    entry = box.process(come_in(box, desk))
    box.approve(entry.id, by=ANA)
    with pytest.MonkeyPatch.context() as patch, desk.misbehaving(trouble):
        if trouble == "unreachable":
            patch.setattr(adapter, "send", unreachable)
        after = box.process(entry.id)
    assert (after.state, after.attempts, desk.public("t1")) == ("approved", 1, [])
    assert after.due_at > box.store.now() - 1
    settle(box, entry.id, "sent")
    assert len(desk.public("t1")) == 1


def test_a_send_that_never_gets_through_goes_to_a_person_who_may_try_again(
    adapter: DeskAdapter, desk: Helpdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter.sender = True
    box = outbox(tmp_path / "a.db", adapter, limits=replace(QUICK, tries=3))
    entry = box.process(come_in(box, desk))
    box.approve(entry.id, by=ANA)
    monkeypatch.setattr(adapter, "send", unreachable)
    assert [box.process(entry.id).state for _ in range(3)] == ["approved", "approved", "blocked"]
    assert box.again(entry.id).state == "drafted"
    assert box.process(entry.id).state == "delivered"


def test_killed_while_sending_looks_and_never_sends_again(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk
) -> None:
    adapter.sender = True
    events = [box.process(come_in(box, desk, thread=thread)).id for thread in ("t1", "t2")]
    for event in events:
        entry = box.approve(event, by=ANA)
        with box.store.leases.on(entry.ref) as held:
            assert held is not None
            box.store.ledger.step(entry, "sending", held)
    desk.save(
        "t1", text=GOOD, public=True, direction="outgoing", author={"id": "bot-2", "kind": "bot"}
    )
    assert [box.process(event).state for event in events] == ["sent", "blocked"]
    assert desk.public("t2") == []


def test_rejecting_takes_the_draft_out_of_the_tool(box: Outbox, desk: Helpdesk) -> None:
    entry = box.process(come_in(box, desk))
    assert box.reject(entry.id, by=ANA, reason="mejor por teléfono").state == "rejected"
    assert desk.notes("t1") == []
    with pytest.raises(UsageError, match="is rejected: by Ana: mejor por teléfono"):
        box.approve(entry.id, by=ANA)


@pytest.mark.parametrize("word", ["approve", "again"])
def test_what_a_person_said_meanwhile_counts(
    adapter: DeskAdapter, box: Outbox, desk: Helpdesk, word: str
) -> None:
    """Bob has read that it waits; before he has the thread, Ana has rejected it."""
    adapter.sender = True
    with desk.misbehaving("refuse" if word == "again" else ""):
        entry = box.process(come_in(box, desk))
    with pytest.MonkeyPatch.context() as patch:
        take = Leases.on

        def late(leases: Leases, ref: Ref) -> Any:
            patch.setattr(Leases, "on", take)
            box.reject(entry.id, by=ANA)
            return take(leases, ref)

        patch.setattr(Leases, "on", late)
        with pytest.raises(UsageError, match="is rejected: by Ana"):
            box.approve(entry.id, by=BOB) if word == "approve" else box.again(entry.id)
    assert box.process(entry.id).state == "rejected"
    assert desk.public("t1") == []


def test_trying_again_never_ends_a_newer_draft(box: Outbox, desk: Helpdesk) -> None:
    with desk.misbehaving("refuse"):
        old = box.process(come_in(box, desk))
    new = box.process(come_in(box, desk, f"{PRAISE}, y el té"))
    assert (old.state, new.state) == ("blocked", "delivered")
    with pytest.raises(UsageError, match="a newer draft"):
        box.again(old.id)
    assert box.entry(new.id).state == "delivered"


def test_a_draft_that_waits_takes_no_harm_from_an_outage(
    adapter: DeskAdapter, desk: Helpdesk, tmp_path: Path
) -> None:
    """Neither while the tool fails nor while it is left alone."""
    box = outbox(tmp_path / "a.db", adapter, limits=replace(QUICK, tries=3, breaker_seconds=3600))
    entry = box.process(come_in(box, desk))
    with desk.misbehaving(*["500"] * 20, only="GET"):
        for _ in range(QUICK.breaker_failures + 2):
            assert box.review(entry.id) == entry
    assert box.breaker.paused() == ("desk",)


def test_failures_of_the_tool_are_none_of_the_model(
    adapter: DeskAdapter, desk: Helpdesk, tmp_path: Path
) -> None:
    model = FaintModel(faints=2)
    box = outbox(tmp_path / "a.db", adapter, model=model)
    event = come_in(box, desk)
    with desk.misbehaving("500", "500", only="GET"):
        assert [box.process(event).attempts for _ in range(2)] == [1, 2]
    for _ in range(2):
        after = box.process(event)
        assert (after.state, after.reason) == ("received", "the model failed")
    assert box.process(event).state == "delivered"


def test_a_model_that_keeps_failing_is_left_to_a_person(
    adapter: DeskAdapter, desk: Helpdesk, tmp_path: Path
) -> None:
    """Also when the tool fails in between."""
    box = outbox(tmp_path / "a.db", adapter, model=FaintModel(faints=100))
    event = come_in(box, desk)
    assert box.process(event).reason == "the model failed"
    with desk.misbehaving("500", only="GET"):
        assert "500" in box.process(event).reason
    assert box.process(event).reason == "the model failed"
    settle(box, event, "delivered")
    assert "Esto te necesita" in desk.notes("t1")[0]["text"]


def test_a_rejection_counts_also_when_the_tool_is_down(box: Outbox, desk: Helpdesk) -> None:
    entry = box.process(come_in(box, desk))
    with desk.misbehaving("500", only="DELETE"):
        after = box.reject(entry.id, by=ANA)
    assert after.state == "rejected"
    assert "may still be in the tool" in after.reason


def test_too_many_drafts_in_one_thread_go_to_a_person(box: Outbox, desk: Helpdesk) -> None:
    states = [box.process(come_in(box, desk, f"{PRAISE} {number}")).state for number in range(5)]
    assert states == ["delivered"] * 4 + ["blocked"]


def test_unknown_ids_are_said_to_be_unknown(box: Outbox) -> None:
    with pytest.raises(InputError, match=r"no '\.\./\.\./etc' in the outbox"):
        box.process("../../etc")
