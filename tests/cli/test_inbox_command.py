"""`aplomo inbox`, `explain` and `replay` on a store and files of their own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aplomo.cli.main import cli
from aplomo.cli.show_inbox import page
from aplomo.embed.adapter import Party, Ref
from aplomo.embed.outbox import Outbox
from aplomo.embed.store.entry import Entry
from aplomo.embed.store.ledger import Ledger
from aplomo.errors import AplomoError, InputError
from helpdesk import DeskAdapter, running
from outboxes import come_in, outbox
from small_world import GOOD, PRAISE, drafter, reply, said


@pytest.fixture
def event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    store = f"sqlite:///{tmp_path}/inbox.db"
    with running() as desk:
        adapter = DeskAdapter(url=desk.url)
        box = outbox(store, adapter)
        monkeypatch.setattr(Outbox, "from_workspace", lambda: outbox(store, adapter))
        monkeypatch.setenv("APLOMO_STORE", store)
        yield box.process(come_in(box, desk)).id
        adapter.close()
        box.store.close()


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments)
    if isinstance(result.exception, AplomoError):
        raise result.exception
    assert result.exit_code in (0, 1), result.output
    return result.stdout


def test_what_waits_is_listed_shown_and_approved(event: str) -> None:
    assert event in run("inbox")
    (entry,) = json.loads(run("inbox", "--json"))
    assert entry["state"] == "delivered"
    assert GOOD in run("inbox", "show", event)
    assert "approved" in run("inbox", "approve", event, "--as", "Ana")
    assert "by Ana" in run("inbox", "show", event)
    assert "rejected" in run("inbox", "reject", event, "--as", "Ana")
    assert event not in run("inbox")
    assert event in run("inbox", "--all")


def test_a_list_that_is_cut_off_says_so(event: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> list[Entry]:
        return []

    monkeypatch.setattr(Ledger, "entries", none)
    for arguments in (["inbox"], ["inbox", "--json"]):
        assert "the newest 0 of 1 shown" in CliRunner().invoke(cli, arguments).stderr


def test_again_puts_back_to_work_only_what_is_blocked(event: str) -> None:
    with pytest.raises(AplomoError, match="is delivered"):
        run("inbox", "again", event)
    with pytest.raises(AplomoError, match="no 'nothing'"):
        run("inbox", "again", "nothing")


def test_a_refused_draft_is_tried_again_by_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = f"sqlite:///{tmp_path}/again.db"
    with running() as desk:
        adapter = DeskAdapter(url=desk.url)
        box = outbox(store, adapter)
        monkeypatch.setattr(Outbox, "from_workspace", lambda: outbox(store, adapter))
        monkeypatch.setenv("APLOMO_STORE", store)
        with desk.misbehaving("refuse"):
            blocked = box.process(come_in(box, desk))
        assert blocked.state == "blocked"
        assert "the helpdesk refuses" in run("inbox")
        assert run("inbox", "again", blocked.id) == f"drafted  {blocked.id}\n"
        assert "tried again by a person" in run("inbox", "show", blocked.id)
        assert run("inbox", "process", blocked.id).startswith("delivered")
        assert len(desk.notes("t1")) == 1
        assert desk.public("t1") == []
        adapter.close()
        box.store.close()


def test_what_may_have_been_sent_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = f"sqlite:///{tmp_path}/sent.db"
    with running() as desk:
        adapter = DeskAdapter(url=desk.url, sender=True)
        box = outbox(store, adapter)
        monkeypatch.setattr(Outbox, "from_workspace", lambda: outbox(store, adapter))
        entry = box.process(come_in(box, desk))
        box.approve(entry.id, by=Party(id="agent-Ana", name="Ana", kind="agent"))
        with desk.misbehaving("500"):
            assert box.process(entry.id).state == "blocked"
        with pytest.raises(AplomoError, match="may have been sent"):
            run("inbox", "again", entry.id)
        adapter.close()
        box.store.close()


def test_housekeeping(event: str) -> None:
    assert "revision" in run("inbox", "migrate")
    assert run("inbox", "process").startswith("0 events")
    assert run("inbox", "poll", "desk") == "1 new\n"  # our own note, to be skipped
    assert "0 decisions" in run("inbox", "purge", "--older-than", "90d")
    assert "1 decisions" in run("inbox", "erase", "--author", "customer-of-t1")
    for wrong in (["purge", "--older-than", "soon"], ["erase"], ["show", "nothing"]):
        with pytest.raises(AplomoError):
            run("inbox", *wrong)


@pytest.mark.parametrize("named", ["event", "key", "decision"])
def test_one_message_is_erased_by_its_id(event: str, named: str) -> None:
    (entry,) = json.loads(run("inbox", "--json"))
    id_ = {"event": event, "key": entry["key"], "decision": entry["decision_id"]}[named]
    assert "1 decisions" in run("inbox", "erase", id_)
    assert "“”" in run("inbox", "show", event)
    with pytest.raises(InputError, match="no 'nothing' in the outbox"):
        run("inbox", "erase", "nothing")


def test_an_unknown_id_has_one_exit_code(event: str) -> None:
    for words in (
        ["show"],
        ["again"],
        ["process"],
        ["approve", "--as", "Ana"],
        ["reject", "--as", "A"],
    ):
        with pytest.raises(AplomoError) as failure:
            run("inbox", *words, "nothing")
        assert failure.value.exit_code == 3


def test_what_strangers_wrote_cannot_pass_for_lines_of_ours() -> None:
    evil = "a\r\x1b[2Jb\nsent  e-0"
    ref = Ref(adapter="desk", account="shop", thread_id=evil)
    times: Any = {"received_at": 0.0, "updated_at": 0.0, "due_at": 0.0}
    entry = Entry(id="e-1", ref=ref, state="blocked", reason=evil, delivered_url=evil, **times)
    maker, _ = drafter(said("yes", positive="Me encanta"), reply(GOOD))
    record = maker.draft(PRAISE).to_dict()
    record["comment"]["text"] = record["reply"]["text"] = evil
    record["outcome"]["id"] = evil
    shown = page(entry, record, [(0.0, "blocked", evil)], None, "en")
    assert "\r" not in shown
    assert "\x1b[2J" not in shown
    assert not any(line.startswith("sent") for line in shown.splitlines())


def test_why_by_id_and_by_file(event: str, tmp_path: Path) -> None:
    assert "checks passed" in run("explain", event, "--lang", "en")
    maker, _ = drafter(said("yes", positive="Me encanta"), reply(GOOD))
    file = tmp_path / "d.jsonl"
    file.write_text(json.dumps(maker.draft(PRAISE).to_dict()))
    assert "modelo" in run("explain", str(file))
    with pytest.raises(AplomoError):
        run("explain", "nothing")


def test_replaying_a_file(tmp_path: Path) -> None:
    maker, _ = drafter(said("yes", positive="Me encanta"), reply(GOOD))
    record = maker.draft(PRAISE).to_dict()
    file = tmp_path / "d.json"
    file.write_text(json.dumps(record))
    assert "DIFFERS" in run("replay", str(file), "--protocol", "basic-guide")
