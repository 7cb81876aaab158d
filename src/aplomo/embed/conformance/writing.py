"""How an adapter writes: drafts, also into a broken tool."""

from dataclasses import replace

import pytest

from aplomo.embed import delivery
from aplomo.embed.conformance.world import (
    KEY,
    LATER_KEY,
    REPLY,
    Trouble,
    World,
    deliver,
    inbound_of,
    need,
    record,
)
from aplomo.embed.loop import Loops, refusal
from aplomo.embed.note import payload
from aplomo.errors import DeliveryRefused, DeliveryUnknown, ToolUnavailable

__all__ = ["Breaks", "Delivers"]


class Delivers:
    """A draft is written once, replaced and withdrawn, and no customer ever sees it."""

    def test_a_draft_is_there_and_no_customer_sees_it(self, world: World) -> None:
        """Written, found by its key, and internal."""
        inbound, adapter = inbound_of(world)
        delivered = deliver(adapter, inbound, KEY)
        assert adapter.find_delivered(inbound.ref, KEY) == delivered
        assert delivered.key == KEY
        assert delivered.missing == ()
        (draft,) = world.drafts()
        assert REPLY in draft
        assert world.public() == []

    def test_another_key_finds_nothing(self, world: World) -> None:
        """Neither before a draft is there nor after."""
        inbound, adapter = inbound_of(world)
        assert adapter.find_delivered(inbound.ref, KEY) is None
        deliver(adapter, inbound, KEY)
        assert adapter.find_delivered(inbound.ref, LATER_KEY) is None

    def test_delivering_twice_leaves_one(self, world: World) -> None:
        """The rule of delivery looks before it writes; the adapter finds what it wrote."""
        inbound, adapter = inbound_of(world)
        first = deliver(adapter, inbound, KEY)
        assert deliver(adapter, inbound, KEY) == first
        assert len(world.drafts()) == 1

    def test_a_newer_draft_takes_the_place_of_the_older(self, world: World) -> None:
        """Replaced, never stacked, where the tool lets itself be updated."""
        inbound, adapter = inbound_of(world)
        need(adapter.caps.can_update, "the tool cannot change or remove a note")
        first = deliver(adapter, inbound, KEY)
        newer = adapter.fetch(world.customer_writes("y otra cosa"))
        deliver(adapter, newer, LATER_KEY, replaces=first)
        assert len(world.drafts()) == 1
        assert adapter.find_delivered(inbound.ref, KEY) is None

    def test_a_draft_is_withdrawn_once(self, world: World) -> None:
        """Withdrawing again does no harm; where it cannot be done, it is said."""
        inbound, adapter = inbound_of(world)
        delivered = deliver(adapter, inbound, KEY)
        if delivery.withdraw(adapter, delivered):
            assert world.drafts() == []
            delivery.withdraw(adapter, delivered)
        else:
            assert not adapter.caps.can_update

    def test_our_own_draft_is_never_answered(self, world: World) -> None:
        """The loop: the tool tells us of our own note, and every rule must see it."""
        inbound, adapter = inbound_of(world)
        deliver(adapter, inbound, KEY)
        thread = adapter.fetch(inbound.ref).thread
        loops = Loops(own_ids=adapter.own_ids, wrote=lambda _: False)
        for message in thread[[m.id for m in thread].index(inbound.message.id) + 1 :]:
            seen = replace(
                inbound,
                ref=replace(inbound.ref, message_id=message.id),
                message=message,
                thread=thread,
            )
            assert refusal(seen, loops) is not None
            assert message.visibility != "public"

    def test_a_draft_does_not_end_the_wait_for_an_answer(self, world: World) -> None:
        """After our note, the customer's message is still the newest one in public."""
        inbound, adapter = inbound_of(world)
        loops = Loops(own_ids=adapter.own_ids, wrote=lambda _: False)
        assert refusal(adapter.fetch(inbound.ref), loops) is None
        deliver(adapter, inbound, KEY)
        assert refusal(adapter.fetch(inbound.ref), loops) is None

    def test_words_of_a_customer_stay_words(self, world: World) -> None:
        """Neither headers nor HTML can be smuggled into a draft."""
        text = "<script>alert(1)</script>\r\nBcc: x@example.org\r\n\r\n<img src=x onerror=y>"
        inbound = world.adapter().fetch(world.customer_writes(text))
        adapter = world.adapter()
        draft = payload(record(inbound, evidence=text, reply=f"Hola {text}"), KEY)
        delivery.deliver(adapter, inbound, draft, before_write=lambda: None)
        (seen,) = world.drafts()
        if adapter.caps.html:
            assert "<script>" not in seen
            assert "<img" not in seen
        assert world.public() == []


class Breaks:
    """What a broken tool says is told apart: refused, not there, or unknown."""

    @pytest.mark.parametrize("trouble", ["error_after_saving", "timeout_after_saving"])
    def test_a_write_that_may_have_taken_is_unknown_and_found(
        self, world: World, trouble: Trouble
    ) -> None:
        """Said to be unknown by the adapter, settled by reading back, and never doubled."""
        inbound, adapter = inbound_of(world)
        need(trouble in world.troubles, f"the tool cannot be made to: {trouble}")
        with world.breaking(trouble), pytest.raises(DeliveryUnknown):
            adapter.deliver(inbound, payload(record(inbound), KEY), KEY)
        deliver(adapter, inbound, KEY)
        assert len(world.drafts()) == 1

    def test_a_partial_success_is_found_and_told(self, world: World) -> None:
        """A success that did not store everything is found by what it did store."""
        inbound, adapter = inbound_of(world)
        need("partial" in world.troubles, "the tool cannot be made to store a part")
        with world.breaking("partial"):
            delivered = deliver(adapter, inbound, KEY)
        assert delivered.missing != ()
        assert len(world.drafts()) == 1

    def test_a_refusal_is_told_from_an_outage(self, world: World) -> None:
        """Refused for good, or not there just now: what to do next differs."""
        inbound, adapter = inbound_of(world)
        draft = payload(record(inbound), KEY)
        if "refuse" in world.troubles:
            with world.breaking("refuse"), pytest.raises(DeliveryRefused):
                adapter.deliver(inbound, draft, KEY)
        if "down" in world.troubles:
            with world.breaking("down"), pytest.raises(ToolUnavailable):
                adapter.fetch(inbound.ref)
        assert world.drafts() == []
