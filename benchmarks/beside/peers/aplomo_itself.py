"""Aplomo as a user runs it: answers, calibration, a checked draft; only a ready reply is shown."""

import json
from typing import Any

from aplomo import Drafter
from aplomo.inbound import comment_from
from aplomo.llm.embedded import Slots
from aplomo.llm.openai_compatible import OpenAICompatible
from aplomo.llm.port import Request
from aplomo.llm.retry import RetryPolicy
from aplomo.workspace import Workspace
from benchmarks.beside.peers.line import Peer, Plain, Said, Told, serve


def open_peer(told: Told) -> Peer:
    """Asks as the embedded model is asked, but that the server chooses the slot, as for all."""
    model = OpenAICompatible(
        model=told.model,
        base_url=told.url,
        api_key="none",
        structured="none",
        extra=_as_embedded,
        at_once=1,
    )
    drafter = Drafter(
        workspace=Workspace(),
        protocol=told.brief["protocol"],
        model=model,
        policy=RetryPolicy(attempts=3, timeout=180.0, deadline=360.0),
    )

    def peer(case: Plain) -> Said:
        decision = drafter.draft(comment_from(case["comment"]))
        outcome = decision.outcome.id if decision.outcome else None
        ready = decision.reply if decision.status == "ready" else None
        note: dict[str, Any] = {"calibration": decision.calibration, "status": decision.status}
        if decision.reply:
            note["origin"] = decision.reply.draft.origin
        return Said(outcome=outcome, reply=ready.text if ready else None, note=json.dumps(note))

    return peer


_slots = Slots()


def _as_embedded(request: Request) -> Plain:
    fields = _slots.extra_fields(request)
    return {name: value for name, value in fields.items() if name != "id_slot"}


if __name__ == "__main__":
    serve(open_peer)
