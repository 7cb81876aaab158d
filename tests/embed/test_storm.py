"""Duplicates, reordering, kill -9 and a flapping tool: one draft a message, none lost or sent."""

from pathlib import Path

from helpdesk import Helpdesk
from storm import Storm


def test_exactly_one_draft_a_message_none_lost_none_sent(desk: Helpdesk, tmp_path: Path) -> None:
    storm = Storm(store=f"sqlite:///{tmp_path}/storm.db", desk=desk, messages=40)
    box = storm.run()
    assert storm.killed == 3
    for number in range(40):
        assert len(desk.notes(f"t{number}")) == 1, f"t{number}"
        assert desk.public(f"t{number}") == []
    assert box.store.ledger.count(["delivered"]) == 40
    box.store.close()
