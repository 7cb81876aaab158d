"""A write whose result is unknown is looked for, never blindly repeated."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aplomo.embed.outbox import Outbox
from aplomo.llm.port import Completion, Request
from helpdesk import DeskAdapter, Helpdesk
from outboxes import PRAISE, QUICK, SteadyModel, come_in, outbox, settle


def nothing(*_: Any) -> None:
    pass


def fails(*_: Any) -> None:
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize(
    "trouble", ["500", "500 after saving", "timeout", "late", "partial", "busy", "reset"]
)
def test_whatever_happens_to_the_write_there_is_one_note(
    box: Outbox, desk: Helpdesk, trouble: str
) -> None:
    event = come_in(box, desk)
    with desk.misbehaving(trouble):
        settle(box, event, "delivered")
    assert len(desk.notes("t1")) == 1


def test_a_500_after_saving_is_found_at_once(box: Outbox, desk: Helpdesk) -> None:
    event = come_in(box, desk)
    with desk.misbehaving("500 after saving"):
        assert box.process(event).state == "delivered"
    assert desk.writes == 1


def test_a_partial_success_is_delivered_and_says_what_is_missing(
    box: Outbox, desk: Helpdesk
) -> None:
    event = come_in(box, desk)
    with desk.misbehaving("partial"):
        entry = box.process(event)
    assert (entry.state, entry.reason) == ("delivered", "the tool did not store: key, attachment")
    assert desk.writes == 1


def test_a_success_that_stored_nothing_is_not_believed(
    box: Outbox, desk: Helpdesk, adapter: DeskAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = come_in(box, desk)
    write = adapter.deliver
    monkeypatch.setattr(adapter, "deliver", nothing)
    entry = box.process(event)
    assert entry.state == "blocked"
    assert "may its user read what it writes?" in entry.reason
    monkeypatch.setattr(adapter, "deliver", write)
    box.again(event)
    settle(box, event, "delivered")


def test_a_user_that_cannot_read_what_it_writes_writes_once(
    box: Outbox, desk: Helpdesk, adapter: DeskAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look finds nothing: tried on, it would leave a note at every try."""
    event = come_in(box, desk)
    monkeypatch.setattr(adapter, "find_delivered", nothing)
    assert box.process(event).state == "blocked"
    assert box.process(event).state == "blocked"
    assert desk.writes == 1


def test_a_refusal_goes_to_a_person_and_can_be_tried_again(box: Outbox, desk: Helpdesk) -> None:
    event = come_in(box, desk)
    with desk.misbehaving("refuse"):
        entry = box.process(event)
    assert (entry.state, entry.reason) == ("blocked", "the helpdesk refuses: 400")
    box.again(event)
    assert box.process(event).state == "delivered"


def test_a_tool_that_is_down_is_left_alone_for_a_while_and_nothing_is_lost(
    adapter: DeskAdapter, desk: Helpdesk, tmp_path: Path
) -> None:
    patient = replace(QUICK, breaker_seconds=3600)
    box = outbox(tmp_path / "a.db", adapter, limits=patient)
    events = [come_in(box, desk, thread=f"t{number}") for number in range(8)]
    desk.trouble = lambda method, path: "500"
    for event in events:
        assert box.process(event).state == "received"
    asked = len(desk.requests)
    assert asked == QUICK.breaker_failures
    desk.trouble = lambda method, path: None
    later = outbox(tmp_path / "a.db", adapter)
    for number, event in enumerate(events):
        settle(later, event, "delivered")
        assert len(desk.notes(f"t{number}")) == 1


def test_an_uncertain_write_that_is_superseded_leaves_no_second_note(
    box: Outbox, desk: Helpdesk, adapter: DeskAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = come_in(box, desk)
    real, looks = adapter.find_delivered, [0]

    def blind_once(*args: object) -> object:
        looks[0] += 1
        return None if looks[0] <= 2 else real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(adapter, "find_delivered", blind_once)
    with desk.misbehaving("500 after saving"):
        entry = box.process(event)
    assert entry.state == "drafted"
    assert "not there when read back" in entry.reason
    newer = box.process(come_in(box, desk, f"{PRAISE}, de verdad"))
    assert newer.state == "delivered"
    assert [note["key"] for note in desk.notes("t1")] == [newer.key]


def test_an_internal_error_of_an_adapter_loses_nothing(
    box: Outbox, desk: Helpdesk, adapter: DeskAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = come_in(box, desk)
    with monkeypatch.context() as patch:
        patch.setattr(adapter, "fetch", fails)
        entry = box.process(event)
    assert (entry.state, entry.reason) == ("received", "ZeroDivisionError: division by zero")
    settle(box, event, "delivered")


def test_killed_between_the_write_and_its_note_the_next_worker_finds_the_draft(
    adapter: DeskAdapter,
    desk: Helpdesk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        pass

    box = outbox(tmp_path / "a.db", adapter, lease_seconds=0.05)
    event = come_in(box, desk)
    write = adapter.deliver

    def write_and_die(*args: Any) -> None:
        write(*args)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(adapter, "deliver", write_and_die)
        box.process(event)
    assert box.entry(event).state == "drafted"
    after = settle(outbox(tmp_path / "a.db", adapter, lease_seconds=0.05), event, "delivered")
    assert after.delivered_id == desk.notes("t1")[0]["id"]
    assert desk.writes == 1


def test_a_worker_that_slept_just_before_its_write_writes_nothing(
    adapter: DeskAdapter, desk: Helpdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had looked, and found nothing; then another worker took the thread, and wrote."""
    clock, slept = [1_000_000.0], list[str]()
    box = outbox(tmp_path / "a.db", adapter, now=lambda: clock[0])
    event = come_in(box, desk)
    look = adapter.find_delivered

    def slowly(*args: Any) -> Any:
        found = look(*args)
        if not slept:
            slept.append("a while")
            clock[0] += 1000
            awake = outbox(tmp_path / "a.db", adapter, now=lambda: clock[0])
            assert awake.process(event).state == "delivered"
        return found

    monkeypatch.setattr(adapter, "find_delivered", slowly)
    assert box.process(event).state == "delivered"
    assert desk.writes == 1


def test_a_worker_that_slept_past_its_lease_writes_nothing(
    adapter: DeskAdapter, desk: Helpdesk, tmp_path: Path
) -> None:
    """While it drafted, its lease ran out and another worker took the thread."""
    other: list[Any] = []

    class Sleepy(SteadyModel):
        def complete(self, request: Request, *, timeout: float) -> Completion:
            if not other:
                clock[0] += 1000
                awake = outbox(tmp_path / "a.db", adapter, now=lambda: clock[0])
                other.append(awake.process(event))
            return super().complete(request, timeout=timeout)

    clock = [1_000_000.0]
    box = outbox(tmp_path / "a.db", adapter, model=Sleepy(), now=lambda: clock[0])
    event = come_in(box, desk)
    assert box.process(event).state == "delivered"
    assert other[0].state == "delivered"
    assert desk.writes == 1
