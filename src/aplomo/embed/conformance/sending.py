"""How an adapter tells of approvals, and sends."""

import pytest

from aplomo.embed.conformance.world import (
    APPROVED,
    KEY,
    World,
    approved,
    deliver,
    inbound_of,
    need,
)
from aplomo.errors import SendRefused

__all__ = ["Sends"]


class Sends:
    """Only what a person approved, and only with the credential for it."""

    def test_an_agents_answer_is_the_approval(self, world: World) -> None:
        """With who, when and the final text; before it there is none, and ours is none."""
        inbound, adapter = inbound_of(world)
        delivered = deliver(adapter, inbound, KEY)
        assert adapter.approval(delivered) is None
        world.agent_answers("Perdona la espera, ya sale")
        approval = adapter.approval(delivered)
        assert approval is not None
        assert approval.sent
        assert "Perdona la espera" in approval.text
        assert approval.by.id
        assert approval.by.id not in adapter.own_ids

    def test_nothing_is_sent_without_the_credential(self, world: World) -> None:
        """Absent by default."""
        inbound, adapter = inbound_of(world)
        with pytest.raises(SendRefused):
            adapter.send(approved(inbound, None), KEY)
        assert world.public() == []

    def test_with_the_credential_the_exact_text_is_sent(self, world: World) -> None:
        """Once, in public, and found again as ours."""
        inbound, drafter = inbound_of(world)
        sender = world.adapter(sender=True)
        need(sender.can_send, "this adapter never sends")
        delivered = deliver(drafter, inbound, KEY)
        sent = sender.send(approved(inbound, delivered), KEY)
        (public,) = world.public()
        assert public.split() == APPROVED.split()
        thread = sender.fetch(inbound.ref).thread
        (message,) = [m for m in thread if m.text.split() == APPROVED.split()]
        assert message.id == sent.id
        assert message.author.id in sender.own_ids
