"""The conformance kit on the helpdesk; and that it finds what it is there to find."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from aplomo.embed.adapter import Inbound, Payload, Ref
from aplomo.embed.conformance import AdapterConformance, Trouble
from helpdesk import DeskAdapter, Helpdesk, running

TROUBLES: Mapping[Trouble, str] = {
    "down": "500",
    "error_after_saving": "500 after saving",
    "timeout_after_saving": "timeout",
    "partial": "partial",
    "refuse": "refuse",
}


@dataclass
class DeskWorld:
    desk: Helpdesk
    troubles: frozenset[Trouble] = frozenset(TROUBLES)
    made: list[DeskAdapter] = field(default_factory=list[DeskAdapter])

    def adapter(self, *, sender: bool = False) -> DeskAdapter:
        self.made.append(DeskAdapter(url=self.desk.url, sender=sender))
        return self.made[-1]

    def customer_writes(self, text: str, thread: str = "one") -> Ref:
        return self.desk.customer_writes(text, thread.replace(" ", "-"))

    def agent_answers(self, text: str, thread: str = "one") -> None:
        self.desk.agent_answers(text, thread)

    def agent_notes(self, text: str, thread: str = "one") -> None:
        self.desk.agent_notes(text, thread)

    def hook(self, ref: Ref) -> tuple[Mapping[str, str], bytes]:
        return self.desk.hook(ref)

    def drafts(self, thread: str = "one") -> list[str]:
        return [note["text"] for note in self.desk.notes(thread)]

    def public(self, thread: str = "one") -> list[str]:
        return [message["text"] for message in self.desk.public(thread)]

    def breaking(self, trouble: Trouble) -> AbstractContextManager[None]:
        reading = trouble == "down"
        return self.desk.misbehaving(TROUBLES[trouble], only="GET" if reading else "POST")


@pytest.fixture
def world() -> Iterator[DeskWorld]:
    with running() as desk:
        made = DeskWorld(desk)
        yield made
        for adapter in made.made:
            adapter.close()


class TestHelpdesk(AdapterConformance):
    """Everything."""


# A kit that passes everything proves nothing: each fault must fail the test that is about it.

KIT = AdapterConformance()


def always(value: Any) -> Callable[..., Any]:
    def method(*_: Any, **__: Any) -> Any:
        return value

    return method


def test_a_public_draft_is_caught(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def shout(self: DeskAdapter, inbound: Inbound, draft: Payload, key: str) -> None:
        body = {"text": draft.note, "key": key}
        self.call("POST", f"/threads/{inbound.ref.thread_id}/replies", body, token="sender")

    monkeypatch.setattr(DeskAdapter, "deliver", shout)
    with pytest.raises(Exception):  # noqa: B017 -- any failure of the kit
        KIT.test_a_draft_is_there_and_no_customer_sees_it(world)


def test_an_adapter_that_finds_nothing_is_caught(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeskAdapter, "find_delivered", always(None))
    with pytest.raises(Exception):  # noqa: B017
        KIT.test_delivering_twice_leaves_one(world)


def test_an_adapter_that_believes_any_signature_is_caught(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeskAdapter, "verify", always("x"))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        KIT.test_a_forged_hook_is_refused(world)


def test_an_adapter_that_stacks_is_caught(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeskAdapter, "withdraw", always(False))
    with pytest.raises(AssertionError):
        KIT.test_a_newer_draft_takes_the_place_of_the_older(world)


def test_an_adapter_that_sends_uncredentialed_is_caught(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.adapter(sender=True)
    monkeypatch.setattr(world, "adapter", always(made))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        KIT.test_nothing_is_sent_without_the_credential(world)
