"""The worker works on what comes in, and ends without dropping what it has in hand."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aplomo.embed.outbox import Outbox
from aplomo.embed.store.leases import Lease, Leases
from aplomo.embed.store.ledger import Ledger
from aplomo.embed.worker import Worker
from aplomo.errors import ToolError
from aplomo.llm.port import Completion, Request
from helpdesk import DeskAdapter, Helpdesk
from outboxes import SteadyModel, come_in, outbox


class HeldModel(SteadyModel):
    """Answers only once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let = threading.Event(), threading.Event()

    def complete(self, request: Request, *, timeout: float) -> Completion:
        self.asked.set()
        assert self.let.wait(30)
        return super().complete(request, timeout=timeout)


@pytest.fixture
def model() -> HeldModel:
    return HeldModel()


@pytest.fixture
def box(adapter: DeskAdapter, model: HeldModel, tmp_path: Path) -> Iterator[Outbox]:
    opened = outbox(tmp_path / "store.db", adapter, model=model)
    yield opened
    opened.store.close()


def state(box: Outbox, event: str) -> str:
    entry = box.store.ledger.get(event)
    assert entry is not None
    return entry.state


def test_stopping_waits_for_the_event_in_hand_and_takes_no_other(
    box: Outbox, desk: Helpdesk, model: HeldModel
) -> None:
    """Without `_stopping` in `_work` the second would be drafted too."""
    worker = Worker(outbox=box, threads=1)
    first = come_in(box, desk, thread="1")
    worker.start()
    assert model.asked.wait(30)
    second = come_in(box, desk, thread="2")
    assert not worker.stop(timeout=0.05)  # the model has it still, and that is said
    model.let.set()
    assert worker.stop()
    assert state(box, first) != "received"
    assert state(box, second) == "received"


def test_the_next_worker_goes_on(box: Outbox, desk: Helpdesk, model: HeldModel) -> None:
    model.let.set()
    event = come_in(box, desk)
    worker = Worker(outbox=box)
    assert worker.drain() > 0
    assert state(box, event) == "delivered"
    assert worker.stop()
    assert worker.drain() == 0


def test_a_decision_may_take_longer_than_a_lease(
    adapter: DeskAdapter,
    desk: Helpdesk,
    model: HeldModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While one worker drafts, no other takes its thread: it would draft the same again."""
    clock, renewed, renew = [1_000_000.0], threading.Event(), Leases.renew

    def noted(leases: Leases, held: Lease) -> None:
        renew(leases, held)
        renewed.set()

    monkeypatch.setattr(Leases, "renew", noted)
    kept: dict[str, Any] = {"lease_seconds": 0.3, "now": lambda: clock[0]}
    boxes = [outbox(tmp_path / "a.db", adapter, model=model, **kept) for _ in range(2)]
    event = come_in(boxes[0], desk)
    first = threading.Thread(target=boxes[0].process, args=[event])
    first.start()
    assert model.asked.wait(30)
    for _ in range(6):  # of two, the second has begun after the clock went on
        clock[0] += 0.1
        renewed.clear()
        assert renewed.wait(30)
        renewed.clear()
        assert renewed.wait(30)
    assert boxes[1].store.ledger.due() is None
    assert boxes[1].process(event).state == "received"
    assert model.calls == 0
    model.let.set()
    first.join(30)
    assert boxes[1].entry(event).state == "delivered"
    for box in boxes:
        box.store.close()


@pytest.mark.parametrize("error", [KeyError("id"), TypeError("not a list"), ToolError("down")])
def test_one_odd_answer_ends_neither_polling_nor_reviewing(
    box: Outbox, desk: Helpdesk, model: HeldModel, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    model.let.set()
    waiting = [box.process(come_in(box, desk, thread=thread)).id for thread in ("1", "2")]
    asked: list[str] = []
    enough = threading.Event()

    def odd(self: Outbox, name: str) -> None:
        asked.append(name)
        if asked.count("desk") >= 3 and asked.count(waiting[1]) >= 3:
            enough.set()
        raise error

    monkeypatch.setattr(Outbox, "poll", odd)
    monkeypatch.setattr(Outbox, "review", odd)
    with Worker(outbox=box, threads=0, poll=["desk"], poll_seconds=0.01, review_seconds=0.01):
        assert enough.wait(30)


def test_polling_does_not_wait_for_a_long_review(
    box: Outbox, desk: Helpdesk, model: HeldModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.let.set()
    box.process(come_in(box, desk))
    looking, found = threading.Event(), threading.Event()

    def long(self: Outbox, event: str) -> None:
        looking.set()
        assert found.wait(30)

    def poll(self: Outbox, name: str) -> None:
        if looking.is_set():
            found.set()

    monkeypatch.setattr(Outbox, "review", long)
    monkeypatch.setattr(Outbox, "poll", poll)
    with Worker(outbox=box, threads=0, poll=["desk"], poll_seconds=0.01):
        assert found.wait(10)


def test_a_failing_store_does_not_end_the_threads(
    box: Outbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = threading.Semaphore(0)

    def broken(*_: object, **__: object) -> str:
        asked.release()
        raise OSError("the disk is full")

    monkeypatch.setattr(Ledger, "due", broken)
    with Worker(outbox=box, threads=1, idle_seconds=0.01):
        assert all(asked.acquire(timeout=30) for _ in range(3))
    assert "the disk is full" in caplog.text
