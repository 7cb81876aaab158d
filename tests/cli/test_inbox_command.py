"""`aplomo inbox`, `explain` and `replay` on a store and files of their own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from aplomo.cli.main import cli
from aplomo.embed.outbox import Outbox
from aplomo.errors import AplomoError
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


def test_housekeeping(event: str) -> None:
    assert "revision" in run("inbox", "migrate")
    assert run("inbox", "process").startswith("0 events")
    assert run("inbox", "poll", "desk") == "1 new\n"  # our own note, to be skipped
    assert "0 decisions" in run("inbox", "purge", "--older-than", "90d")
    assert "1 decisions" in run("inbox", "erase", "--author", "customer-of-t1")
    for wrong in (["purge", "--older-than", "soon"], ["erase"], ["show", "nothing"]):
        with pytest.raises(AplomoError):
            run("inbox", *wrong)


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
