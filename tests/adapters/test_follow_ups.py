"""The django-helpdesk and Request Tracker adapters on answers made by hand: no server is needed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aplomo.adapters.django_helpdesk import DjangoHelpdeskAdapter
from aplomo.adapters.request_tracker import RequestTrackerAdapter
from aplomo.embed.adapter import Inbound, Message, Party, Ref
from aplomo.embed.outbox import Outbox
from aplomo.embed.plugins import AdapterSettings
from aplomo.embed.store.entry import Entry
from aplomo.errors import ConfigError, MessageGone
from outboxes import PRAISE, outbox
from real_servers.drafts import payload
from small_world import GOOD

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
USERS = {"draftbot": 7, "sender": 8, "eva": 9}


class Desk:
    """One ticket of a django-helpdesk."""

    def __init__(self) -> None:
        self.follow_ups: list[dict[str, Any]] = []

    def rest(self, url: str, *, auth: tuple[str, str], timeout: float) -> "Api":
        return Api(self, USERS[auth[0]])

    def say(self, user: int, comment: str, *, public: bool) -> dict[str, Any]:
        number = len(self.follow_ups) + 1
        date = (START + timedelta(minutes=number)).isoformat()
        said: dict[str, Any] = {"id": number, "date": date, "user": user, "comment": comment}
        said |= {"public": public, "followupattachment_set": [{"filename": "decision.json.txt"}]}
        self.follow_ups.append(said)
        return said


class Api:
    """Stands in for `Rest`, as one user; the record that is attached cannot be read."""

    def __init__(self, desk: Desk, user: int) -> None:
        self.desk, self.user = desk, user

    def read(self, path: str) -> Any:
        if path != "api/tickets/1/":
            raise MessageGone(path)
        ticket = {"id": 1, "title": "Café", "description": PRAISE, "status": 1}
        ticket["submitter_email"] = "ana@example.org"
        return ticket | {"followup_set": list(self.desk.follow_ups)}

    def write(self, method: str, path: str, *, data: Any = None, files: Any = None) -> Any:
        assert (method, path) == ("POST", "api/followups/")
        return self.desk.say(self.user, data["comment"], public=data["public"] == "true")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk()
    monkeypatch.setattr("aplomo.adapters.django_helpdesk.Rest", made.rest)
    return made


def helpdesk(**more: Any) -> DjangoHelpdeskAdapter:
    table: dict[str, Any] = {"url": "https://desk.example", "user": "draftbot", "user_id": 7}
    table |= {"password_env": "P", "hook_secret_env": "P"}
    table["sender"] = {"user": "sender", "user_id": 8, "password_env": "P"}
    settings = AdapterSettings(name="helpdesk", table=table | more, environ={"P": "x"})
    return DjangoHelpdeskAdapter(settings)


def drafted(path: Path, adapter: DjangoHelpdeskAdapter) -> tuple[Outbox, Entry]:
    box = outbox(path / "a.db", adapter)
    ref = Ref(adapter="helpdesk", account=adapter.account, thread_id="1", message_id="0")
    (event,) = box.store.intake.receive("helpdesk", None, [ref])
    return box, box.process(event)


def test_an_agent_approves_with_the_bare_command_and_goes_by_their_number(
    desk: Desk, tmp_path: Path
) -> None:
    """An approval names a person, and the API tells no name. The record's file is not asked for."""
    box, entry = drafted(tmp_path, helpdesk())
    assert entry.state == "delivered"
    desk.say(USERS["eva"], f"/approve {entry.key}", public=False)
    after = box.review(entry.id)
    assert (after.state, after.reason) == ("sent", "")
    assert [f["comment"] for f in desk.follow_ups if f["public"]] == [GOOD]
    given, _ = box.store.records.approval(entry.id) or (None, "")
    assert given is not None and (given.by.id, given.by.name) == ("9", "9")
    box.store.close()


def test_a_wrong_number_of_our_own_user_leaves_one_note(desk: Desk, tmp_path: Path) -> None:
    """Its own notes are a stranger's to it: none is found again."""
    box, entry = drafted(tmp_path, helpdesk(user_id=70))
    assert entry.state == "blocked"
    assert "may its user read what it writes?" in entry.reason
    assert len(desk.follow_ups) == 1
    box.store.close()


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"user_id": None}, "user_id"),
        ({"sender": {"user": "sender", "password_env": "P"}}, "user_id"),
        ({"sender": {"user": "sender", "user_id": 8, "pasword_env": "P"}}, "pasword_env"),
    ],
)
def test_who_writes_must_be_numbered_and_no_key_misspelt(
    desk: Desk, more: dict[str, Any], key: str
) -> None:
    with pytest.raises(ConfigError, match=key):
        helpdesk(**more)


@pytest.fixture
def tracker() -> Callable[..., RequestTrackerAdapter]:
    def made(**sender: Any) -> RequestTrackerAdapter:
        table: dict[str, Any] = {"url": "https://rt.example", "user": "x", "password_env": "P"}
        table |= {"sender": sender} if sender else {}
        return RequestTrackerAdapter(AdapterSettings(name="rt", table=table, environ={"P": "x"}))

    return made


def test_request_tracker_too_looks_at_the_senders_keys(
    tracker: Callable[..., RequestTrackerAdapter],
) -> None:
    with pytest.raises(ConfigError, match="pasword_env"):
        tracker(user="sender", pasword_env="P")


def test_a_comment_is_one_request(
    tracker: Callable[..., RequestTrackerAdapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who delivers has looked, and reads back: the adapter only writes."""
    asked: list[str] = []

    class Once:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def write(self, method: str, path: str, body: Any) -> Any:
            asked.append(f"{method} {path}")
            return ["Comments added", "Unable to load transaction custom field: DraftKey"]

    monkeypatch.setattr("aplomo.adapters.request_tracker.Rest", Once)
    customer = Party(id="ana", kind="customer")
    message = Message(id="5", text="Hola", author=customer, visibility="public",
                      direction="incoming", created_at=START)  # fmt: skip
    ref = Ref(adapter="rt", account="a", thread_id="3", message_id="5")
    key = "0" * 32
    inbound = Inbound(ref=ref, message=message, thread=(message,))
    said = tracker().deliver(inbound, payload(key), key)
    assert asked == ["POST ticket/3/comment"]
    assert said.missing == ("Unable to load transaction custom field: DraftKey",)
