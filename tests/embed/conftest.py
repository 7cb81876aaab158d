"""A helpdesk, and an outbox that works for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aplomo.embed.outbox import Outbox
from helpdesk import DeskAdapter, Helpdesk, running
from outboxes import outbox


@pytest.fixture
def desk() -> Iterator[Helpdesk]:
    with running() as helpdesk:
        yield helpdesk


@pytest.fixture
def adapter(desk: Helpdesk) -> Iterator[DeskAdapter]:
    made = DeskAdapter(url=desk.url)
    yield made
    made.close()


@pytest.fixture
def box(adapter: DeskAdapter, tmp_path: Path) -> Iterator[Outbox]:
    made = outbox(tmp_path / "aplomo.db", adapter)
    yield made
    made.store.close()
