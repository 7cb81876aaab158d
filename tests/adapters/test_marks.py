"""Polling by number: what is late is listed, what was there before the first look is not."""

import re
from typing import Any

import pytest

from aplomo.adapters.counting import Mark
from aplomo.adapters.django_helpdesk import DjangoHelpdeskAdapter
from aplomo.adapters.request_tracker import RequestTrackerAdapter
from aplomo.embed.plugins import AdapterSettings
from aplomo.errors import MessageGone


def test_a_mark_is_kept_as_text() -> None:
    mark = Mark.now([7, 900, 30])
    assert (str(mark), mark.above) == ("900/900", 900)
    later = Mark.read(str(mark)).after([905, 1200])
    assert (str(later), later.above) == ("1200/900", 1150)
    assert str(later.after([])) == str(later)
    assert str(later.after([1160])) == str(later)
    assert str(Mark.now([])) == "0/0"


def test_a_mark_of_before_is_a_number_alone() -> None:
    assert Mark.read("12") == Mark(highest=12, first=12)


class Numbered:
    """A Request Tracker and a django-helpdesk at once; `ids` are those that can be seen."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.ids = list(range(1, 101))

    def read(self, path: str, **query: Any) -> Any:
        if path == "transactions":
            return {"items": self._transactions(**query)}
        if path not in ("api/tickets/", "api/followups/"):
            raise MessageGone(path)
        ids = self.ids if path == "api/followups/" else [1]
        start = (query.get("page", 1) - 1) * query["page_size"]
        some = sorted(ids)[start : start + query["page_size"]]
        return {"count": len(ids), "results": [{"id": id_, "ticket": 1} for id_ in some]}

    def _transactions(self, query: str, order: str, per_page: int, **_: Any) -> Any:
        low = int((re.findall(r"id > (\d+)", query) or ["0"])[0])
        ids = sorted((id_ for id_ in self.ids if id_ > low), reverse=order == "DESC")
        return [{"id": str(id_), "ObjectId": "1"} for id_ in ids[:per_page]]


@pytest.fixture
def tool() -> Numbered:
    return Numbered()


@pytest.fixture(params=["request_tracker", "django_helpdesk"])
def adapter(request: pytest.FixtureRequest, tool: Numbered, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(f"aplomo.adapters.{request.param}.Rest", lambda *_, **__: tool)  # type: ignore[misc]
    table = {"url": "https://desk.example", "user": "draftbot", "password_env": "P"}
    kinds: dict[str, Any] = {
        "request_tracker": (RequestTrackerAdapter, table),
        "django_helpdesk": (DjangoHelpdeskAdapter, table | {"user_id": 7}),
    }
    kind, settings = kinds[request.param]
    return kind(AdapterSettings(name="desk", table=settings, environ={"P": "x"}))


def listed(adapter: Any, cursor: str) -> tuple[list[int], str]:
    refs, after = adapter.poll(cursor)
    return [int(ref.message_id) for ref in refs], after


def test_a_message_that_shows_late_is_listed(adapter: Any, tool: Numbered) -> None:
    """103 was numbered first, and committed after 104 had been listed."""
    none, cursor = adapter.poll(None)
    assert none == []
    assert listed(adapter, cursor) == ([], cursor)
    tool.ids += [101, 102, 104]
    seen, cursor = listed(adapter, cursor)
    assert seen == [101, 102, 104]
    tool.ids.append(103)
    seen, after = listed(adapter, cursor)
    assert seen == [101, 102, 103, 104]
    assert after == cursor


def test_what_was_there_before_the_first_look_is_never_listed(adapter: Any, tool: Numbered) -> None:
    _, cursor = adapter.poll(None)
    for number in range(101, 400):
        tool.ids.append(number)
    seen: list[int] = []
    for _ in range(6):
        some, cursor = listed(adapter, cursor)
        seen += some
    assert set(seen) == set(range(101, 400))


def test_a_cursor_of_before_goes_on(adapter: Any, tool: Numbered) -> None:
    tool.ids += [101]
    old = "100" if isinstance(adapter, RequestTrackerAdapter) else "1:100"
    assert listed(adapter, old)[0] == [101]
