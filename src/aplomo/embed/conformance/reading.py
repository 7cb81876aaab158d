"""How an adapter reads: messages, threads, hooks and polling."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import pytest

from aplomo.embed.adapter import Adapter, Ref
from aplomo.embed.conformance.world import World, need, poll_all
from aplomo.errors import InputError, MessageGone, SignatureRefused

__all__ = ["Reads"]


class Reads:
    """What comes out of the tool is what people put there."""

    def test_it_is_an_adapter(self, world: World) -> None:
        """Its name can stand in a path, and without a sender it cannot send."""
        adapter = world.adapter()
        assert isinstance(adapter, Adapter)
        assert adapter.name.replace("-", "").replace("_", "").isalnum()
        assert adapter.account
        assert not adapter.can_send
        assert adapter.caps.push or adapter.caps.poll

    def test_a_customers_message_is_read_whole(self, world: World) -> None:
        """Text, author, visibility and direction, in a thread that is oldest first."""
        first = world.customer_writes("¿Dónde está mi café? ñ 🙂")
        second = world.customer_writes("Sigo esperando")
        adapter = world.adapter()
        inbound = adapter.fetch(first)
        assert inbound.message.text.strip() == "¿Dónde está mi café? ñ 🙂"
        assert inbound.message.author.kind == "customer"
        assert (inbound.message.visibility, inbound.message.direction) == ("public", "incoming")
        assert inbound.message.created_at.tzinfo is not None
        ids = [message.id for message in inbound.thread]
        assert ids.index(first.message_id) < ids.index(second.message_id)
        assert inbound.ref == first

    def test_the_newest_message_is_found_by_its_thread(self, world: World) -> None:
        """A Ref without a message id means the newest."""
        world.customer_writes("uno")
        newest = world.customer_writes("dos")
        assert world.adapter().fetch(replace(newest, message_id="")).ref == newest

    def test_who_wrote_what_is_told_apart(self, world: World) -> None:
        """A note is internal, an answer goes out, and neither is a customer's."""
        ref = world.customer_writes("hola")
        world.agent_notes("ojo con este cliente")
        world.agent_answers("enseguida")
        for message in world.adapter().fetch(ref).thread:
            if "ojo" in message.text:
                assert message.visibility == "internal"
                assert message.author.kind != "customer"
            if "enseguida" in message.text:
                assert (message.visibility, message.direction) == ("public", "outgoing")
                assert message.author.kind == "agent"

    @pytest.mark.parametrize("id_", ["999999999", "../../etc/passwd", "1?x=1#y", "", "a\r\nX: y"])
    def test_what_is_not_there_is_said_to_be_gone(self, world: World, id_: str) -> None:
        """Whatever an id holds, it leads nowhere else."""
        ref = world.customer_writes("hola")
        with pytest.raises((MessageGone, InputError)):
            world.adapter().fetch(replace(ref, thread_id=id_, message_id=id_))

    def test_a_hook_is_verified_and_names_its_message(self, world: World) -> None:
        """The same call has the same delivery id; its body gives ids only."""
        ref = world.customer_writes("hola")
        adapter, headers, raw = self._hook(world, ref)
        assert adapter.verify(headers, raw) == adapter.verify(headers, raw)
        (found,) = adapter.parse(raw)
        assert (found.adapter, found.account) == (adapter.name, adapter.account)
        assert adapter.fetch(found).ref == ref

    def test_a_forged_hook_is_refused(self, world: World) -> None:
        """A changed body, a changed or a missing signature."""
        adapter, headers, raw = self._hook(world, world.customer_writes("hola"))
        for forged, body in ((headers, raw + b" "), ({}, raw), (altered(headers), raw)):
            with pytest.raises(SignatureRefused):
                adapter.verify(forged, body)

    @pytest.mark.parametrize(
        "raw", [b"", b"{", b"[]", b"null", b'{"a": 1}', b"\xff\xfe", b"[" * 9999]
    )
    def test_a_malformed_hook_is_refused_or_empty(self, world: World, raw: bytes) -> None:
        """Never another error."""
        adapter = world.adapter()
        need(adapter.caps.push, "the tool calls no hooks")
        with suppress(InputError):
            assert adapter.parse(raw) == []

    def test_polling_leaves_nothing_out(self, world: World) -> None:
        """What came between two polls is listed; what was listed may be again."""
        adapter = world.adapter()
        need(adapter.caps.poll, "the tool cannot be polled")
        _, cursor = adapter.poll(None)
        written = [world.customer_writes(f"mensaje {n}", f"thread {n}") for n in range(3)]
        assert isinstance(cursor, str)
        refs, after = poll_all(adapter, cursor)
        found = {adapter.fetch(ref).ref for ref in refs}
        assert set(written) <= found
        world.customer_writes("otro", "thread 1")
        refs, _ = poll_all(adapter, after)
        assert refs

    def _hook(self, world: World, ref: Ref) -> tuple[Adapter, dict[str, str], bytes]:
        adapter = world.adapter()
        need(adapter.caps.push, "the tool calls no hooks")
        headers, raw = world.hook(ref)
        return adapter, {name.lower(): value for name, value in headers.items()}, raw


def altered(headers: Mapping[str, str]) -> dict[str, str]:
    """The same headers with the last character of each long value changed."""
    return {
        name: value[:-1] + ("0" if value[-1] != "0" else "1") if len(value) >= 20 else value
        for name, value in headers.items()
    }
