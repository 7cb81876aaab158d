"""The store, on SQLite and on PostgreSQL: the same rules, kept by the database itself."""

import json
import threading
import traceback
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sqlalchemy import text

import postgres
from aplomo.comment import Author
from aplomo.decision.schema import decision_schema
from aplomo.embed.adapter import Ref
from aplomo.embed.conformance.world import record
from aplomo.embed.outbox import Outbox
from aplomo.embed.store.entry import LIVE
from aplomo.embed.store.leases import LeaseLost
from aplomo.embed.store.migrate import head, migrate
from aplomo.embed.store.store import Store, open_store, store_url
from aplomo.embed.store.tables import metadata
from aplomo.errors import ConfigError, InputError, StoreError, UsageError
from aplomo.workspace import Workspace
from helpdesk import DeskAdapter, Helpdesk
from outboxes import come_in, outbox
from real_servers.missing import missing
from storm import Storm

POSTGRES = postgres.binaries()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if POSTGRES is None:
        missing("postgresql", "half of the store's tests did not run (apt-get install postgresql)")
    assert POSTGRES is not None
    with postgres.running(POSTGRES) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    server: str = request.getfixturevalue("server")
    admin = open_database(server)
    name = f"t{uuid.uuid4().hex[:12]}"
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.close()
    return server.replace("/postgres?", f"/{name}?")


def open_database(url: str) -> Any:
    from aplomo.embed.store.database import Database

    return Database(url)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def ref(thread: str = "1", message: str = "m1") -> Ref:
    return Ref(adapter="a", account="x", thread_id=thread, message_id=message)


def decision(
    number: int = 1, *, author: str = "lucia", at: str = "2026-01-01T00:00:00+00:00"
) -> dict[str, Any]:
    class Message:
        id = f"m{number}"
        text = "Me llamo Lucía y mi café llegó roto"
        author: Any = None

    class Inbound:
        message: Any = Message

    Message.author = type("Author", (), {"id": author})
    inbound: Any = Inbound
    made = record(inbound, evidence="mi café llegó roto", reply="Lucía, lo sentimos.")
    return made | {"id": f"d-{number}", "created_at": at, "why": "x: yes (“mi café llegó roto”)"}


def test_the_migrations_make_exactly_the_tables(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert migrate(store.database) == head()


def test_a_store_of_a_newer_version_is_refused(store: Store) -> None:
    with store.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="revision 9999"):
        migrate(store.database)


def test_a_hook_is_stored_once_whoever_races(store: Store) -> None:
    new: list[str] = []

    def arrive(number: int) -> None:
        message = ref(message=f"m{number % 2}")
        new.extend(store.intake.receive("a", f"d{number % 4}", [message]))

    threads = [threading.Thread(target=arrive, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(new) == 2
    assert store.ledger.count(["received"]) == 2


def test_one_worker_a_thread_and_a_lost_lease_writes_nothing(url: str) -> None:
    clock = [1000.0]
    store = open_store(url, lease_seconds=10, now=lambda: clock[0])
    (event,) = store.intake.receive("a", None, [ref()])
    entry = store.ledger.get(event)
    assert entry is not None
    with store.leases.on(entry.ref) as held:
        assert held is not None
        assert store.ledger.due() is None
        with store.leases.on(ref(message="m2")) as second:
            assert second is None
        clock[0] += 11
        assert store.ledger.due() == event
        with store.leases.on(entry.ref) as taken_over:
            assert taken_over is not None
            with pytest.raises(LeaseLost):
                store.ledger.step(entry, "drafted", held, key="k" * 32)
    assert store.ledger.count(["received"]) == 1
    store.close()


def test_every_entry_is_found_however_many(store: Store) -> None:
    """Also those that came in at the same moment; the list shows the newest, newest first."""
    store.intake.receive("a", None, [ref(thread=str(number)) for number in range(7)])
    store.intake.receive("a", None, [ref(thread="newest")])
    found = [entry.ref.thread_id for entry in store.ledger.each(["received"], page=3)]
    assert sorted(found[:-1]) == [str(number) for number in range(7)]
    assert found[-1] == "newest"
    newest, _ = store.ledger.entries(["received"], limit=2)
    assert newest.ref.thread_id == "newest"


def test_one_live_draft_a_thread_says_the_database_too(store: Store) -> None:
    for number in (1, 2):
        store.intake.receive("a", None, [ref(message=f"m{number}")])
    with pytest.raises(StoreError), store.database.write() as connection:
        connection.execute(text("UPDATE outbox SET state = 'delivered'"))
    assert store.ledger.count(LIVE) == 0


def test_decisions_are_append_only_says_the_database_too(store: Store) -> None:
    store.records.add(decision())
    with pytest.raises(StoreError, match="append-only"), store.database.write() as connection:
        connection.execute(text("UPDATE decision SET record = '{}'"))
    assert store.records.get("d-1") == decision()


def test_an_error_of_the_database_shows_no_word_of_a_person_not_even_its_cause(
    store: Store,
) -> None:
    store.records.add(decision())
    with pytest.raises(StoreError) as failure:
        store.records.add(decision())
    said = "".join(traceback.format_exception(failure.value))
    assert "INSERT INTO decision" in said
    for word in ("Lucía", "lucia", "café", "llegó"):
        assert word not in said


@pytest.mark.parametrize("id_", ["x" * 301, "a\0b", "\ud800"])
def test_what_no_database_keeps_is_kept_by_none(store: Store, id_: str) -> None:
    """Else it would be stored on one and be an error on the other, for ever."""
    assert store.intake.polled("a", [ref(message=id_), ref(thread="2")], "7") != []
    assert store.intake.cursor("a") == "7"
    (entry,) = store.ledger.each(["received"])
    with store.leases.on(entry.ref) as held:
        assert held is not None
        late = store.ledger.postpone(entry, held, seconds=1, reason=f"HTTP 500: {id_}")
        assert store.ledger.step(late, "blocked", held, reason=f"HTTP 500: {id_}").reason != ""
    store.records.add(decision(author=Author(id=id_).id))
    assert store.records.erase(author_id=Author(id=id_).id) == 1


@pytest.mark.parametrize("by", ["author", "decision"])
def test_erasing_leaves_the_skeleton_alone(store: Store, by: str) -> None:
    store.records.add(decision(1))
    store.records.add(decision(2, author="bruno"))
    who = {"author_id": "lucia"} if by == "author" else {"decision_id": "d-1"}
    assert store.records.erase(**who) == 1
    left = store.records.get("d-1")
    assert left is not None
    jsonschema.validate(left, decision_schema())
    with store.database.read() as connection:
        row = dict(
            connection.execute(text("SELECT * FROM decision WHERE id = 'd-1'")).mappings().one()
        )
    for word in ("Lucía", "lucia", "café", "llegó"):
        assert word not in json.dumps(row, ensure_ascii=False)
    assert (left["path"], left["outcome"]["id"]) == (["service_failure"], "restore")
    assert store.records.get("d-2") == decision(2, author="bruno")


def test_erasing_one_message_takes_what_was_decided_before_and_nobody_elses(store: Store) -> None:
    """Ids of comments are given twice, by tools and by callers."""
    given = [("d-1", "lucia"), ("d-2", "lucia"), ("d-3", "bruno"), ("d-4", ""), ("d-5", "")]
    for id_, author in given:
        store.records.add(decision(1, author=author) | {"id": id_})
    assert store.records.erase(decision_id="d-1") == 2
    assert store.records.erase(decision_id="d-4") == 1
    for id_ in ("d-3", "d-5"):
        assert (store.records.get(id_) or {})["comment"]["text"] != ""


def test_what_is_blocked_waits_it_is_not_purged_and_erasing_closes_it(
    box: Outbox, desk: Helpdesk
) -> None:
    with desk.misbehaving("refuse"):
        entry = box.process(come_in(box, desk, author="lucia"))
    assert entry.state == "blocked"
    assert box.store.records.purge(before=box.store.now() + 60) == 0
    assert box.store.ledger.history(entry.id) != []
    assert box.store.records.erase(author_id="lucia") == 1
    with pytest.raises(UsageError, match="is rejected"):
        box.again(entry.id)


def test_erasing_closes_a_draft_that_waits(box: Outbox, desk: Helpdesk) -> None:
    entry = box.process(come_in(box, desk, author="lucia"))
    assert box.store.records.erase(author_id="lucia") == 1
    assert box.entry(entry.id).state == "rejected"
    with pytest.raises(InputError):
        box.store.records.erase()


def test_with_the_switch_off_no_text_of_a_comment_is_kept(
    adapter: DeskAdapter, desk: Helpdesk, url: str
) -> None:
    box = outbox(url, adapter, keep_text=False)
    entry = box.process(come_in(box, desk))
    assert entry.state == "delivered"
    kept = box.store.records.get(entry.decision_id or "")
    assert kept is not None
    jsonschema.validate(kept, decision_schema())
    assert kept["comment"]["text"] == ""
    assert len(kept["comment"]["text_sha256"]) == 64
    with box.store.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                assert "encanta" not in json.dumps(list(row), ensure_ascii=False, default=str)
    box.store.close()


def test_purging_keeps_what_waits_and_what_is_needed_to_recognise_repeats(
    box: Outbox, desk: Helpdesk
) -> None:
    waiting = box.process(come_in(box, desk))
    silent = box.process(come_in(box, desk, "Prefiero el té", thread="t2"))
    assert box.store.records.purge(before=box.store.now() + 60) == 1
    assert box.store.records.get(waiting.decision_id or "") is not None
    assert box.store.records.get(silent.decision_id or "") is None
    assert box.store.ledger.history(silent.id) == []
    repeated = desk.hook(desk.ref("t2", silent.ref.message_id), "much later")
    assert box.receive("desk", *repeated) == []


@pytest.mark.servers
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_storm_on_postgresql(desk: Helpdesk, url: str) -> None:
    box = Storm(store=url, desk=desk, messages=20, kills=2).run()
    assert [len(desk.notes(f"t{number}")) for number in range(20)] == [1] * 20
    box.store.close()


def test_where_the_store_is(tmp_path: Path) -> None:
    place = Workspace(root=tmp_path, settings={})
    assert store_url(place, {}) == f"{tmp_path}/aplomo.db"
    assert store_url(place, {"APLOMO_STORE": "postgresql://h/d"}) == "postgresql://h/d"
    for url, file in (
        ("a.db", f"{tmp_path}/a.db"),
        ("sqlite:///a.db", f"sqlite:///{tmp_path}/a.db"),
        ("sqlite:////b/a.db", "sqlite:////b/a.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
    ):
        assert store_url(place, {"APLOMO_STORE": url}) == file
    named = Workspace(root=tmp_path, settings={"inbox": {"url": "postgresql://ana:pw@h/d"}})
    with pytest.raises(ConfigError, match="holds a password"):
        store_url(named, {})


@pytest.mark.parametrize("wrong", ["mysql://h/d", "sqlite://", "nonsense://"])
def test_other_databases_are_refused(wrong: str) -> None:
    with pytest.raises(ConfigError):
        open_store(wrong)


def test_an_unreachable_database_is_one_line_without_its_password() -> None:
    with pytest.raises(StoreError) as failure:
        open_store("postgresql://ana:hush@127.0.0.1:1/none?connect_timeout=2")
    assert "hush" not in str(failure.value)
    assert len(str(failure.value).splitlines()) == 1
