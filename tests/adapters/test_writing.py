"""The adapter that the guide shows passes the conformance kit."""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aplomo.embed.adapter import Ref
from aplomo.embed.conformance import AdapterConformance, Trouble, World
from aplomo.embed.plugins import AdapterSettings

PAGE = Path(__file__).parents[2] / "docs" / "adapters" / "writing.md"


class Board:
    """The tool of the guide."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.count = 0

    def add(
        self, card: str, by: str, text: str, *, internal: bool = False, key: str = ""
    ) -> dict[str, Any]:
        self.count += 1
        line = {"id": self.count, "card": card, "by": by, "text": text, "key": key}
        self.lines.append(line | {"internal": internal, "at": datetime.now(UTC)})
        return line

    def remove(self, id_: str) -> bool:
        before = len(self.lines)
        self.lines = [line for line in self.lines if str(line["id"]) != id_]
        return len(self.lines) < before


class BoardWorld:
    troubles: frozenset[Trouble] = frozenset()

    def __init__(self, factory: Any) -> None:
        self.board = Board()
        self.factory = factory

    def adapter(self, *, sender: bool = False) -> Any:
        table = {"account": "demo", "board": self.board}
        return self.factory(AdapterSettings(name="board", table=table))

    def customer_writes(self, text: str, thread: str = "one") -> Ref:
        line = self.board.add(thread, "customer", text)
        return Ref(adapter="board", account="demo", thread_id=thread, message_id=str(line["id"]))

    def agent_answers(self, text: str, thread: str = "one") -> None:
        self.board.add(thread, "agent", text)

    def agent_notes(self, text: str, thread: str = "one") -> None:
        self.board.add(thread, "agent", text, internal=True)

    def hook(self, ref: Ref) -> tuple[Mapping[str, str], bytes]:
        raise AssertionError("the board calls no hooks")

    def drafts(self, thread: str = "one") -> list[str]:
        return [line["text"] for line in self.board.lines if line["by"] == "draftbot"]

    def public(self, thread: str = "one") -> list[str]:
        ours = [line for line in self.board.lines if line["by"] == "draftbot"]
        return [line["text"] for line in ours if not line["internal"]]

    def breaking(self, trouble: Trouble) -> AbstractContextManager[None]:
        raise AssertionError("the board does not break")


class TestTheGuidesAdapter(AdapterConformance):
    @pytest.fixture
    def world(self) -> World:
        (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        names: dict[str, Any] = {}
        exec(program, names)
        return BoardWorld(names["BoardAdapter"])
