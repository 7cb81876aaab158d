"""`aplomo inbox`: the drafts that wait, and what people do with them."""

import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aplomo.errors import UsageError
from aplomo.plain_text import json_text, one_line

if TYPE_CHECKING:
    from aplomo.embed.adapter import Party
    from aplomo.embed.outbox import Outbox
    from aplomo.embed.store.store import Store

__all__ = ["inbox"]

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_AS = click.option("--as", "name", required=True, metavar="NAME", help="Who you are.")


@click.group(invoke_without_command=True)
@_JSON
@click.option("--all", "every", is_flag=True, help="Also what is done.")
@click.pass_context
def inbox(context: click.Context, as_json: bool, every: bool) -> None:
    """List the drafts that wait for a person, and act on them.

    Nothing is sent without an approval, nor without the adapter's own credential for sending.
    """
    if context.invoked_subcommand is not None:
        return
    from aplomo.cli.show_inbox import as_dict, line
    from aplomo.embed.store.entry import CLOSED, OPEN, WAITING

    with _store() as store:
        states = OPEN | WAITING | CLOSED if every else WAITING
        entries = store.ledger.entries(states)
        if as_json:
            click.echo(json_text([as_dict(entry) for entry in entries]))
        for entry in () if as_json else entries:
            kept = store.records.get(entry.decision_id) if entry.decision_id else None
            click.echo(line(entry, kept))
        there, working = store.ledger.count(states), store.ledger.count(OPEN)
    shown = f"the newest {len(entries)} of {there}" if there > len(entries) else f"{there}"
    click.echo(f"{shown} shown, {working} being worked on", err=True)


@inbox.command()
@click.argument("id_", metavar="ID")
@click.option("--lang", type=click.Choice(["es", "en"]), help="Language of the reasons.")
@_JSON
def show(id_: str, lang: str | None, as_json: bool) -> None:
    """Show one draft with its reasons and its history. ID: an event id or a draft key."""
    from aplomo.cli.show_inbox import as_dict, page
    from aplomo.workspace import Workspace

    with _store() as store:
        entry = store.ledger.entry(id_)
        kept = store.records.get(entry.decision_id) if entry.decision_id else None
        steps = store.ledger.history(entry.id)
    if as_json:
        shape = as_dict(entry) | {"decision": kept, "history": [list(step) for step in steps]}
        click.echo(json_text(shape, indent=2))
        return
    protocol = _protocol(Workspace.find(), kept)
    click.echo(page(entry, kept, steps, protocol, lang))


@inbox.command()
@click.argument("id_", metavar="ID")
@_AS
@click.option("--text", help="The text you approve, when it is not the draft's.")
@click.option(
    "--text-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The same."
)
def approve(id_: str, name: str, text: str | None, text_file: Path | None) -> None:
    """Approve the exact text of one draft, in your name."""
    if text is not None and text_file is not None:
        raise UsageError("give --text or --text-file, not both")
    words = text_file.read_text(encoding="utf-8") if text_file else text
    with _outbox() as box:
        entry = box.approve(id_, by=_person(name), text=words, how="aplomo inbox approve")
        click.echo(f"approved  {entry.id}")
        if not box.adapter(entry.ref.adapter).can_send:
            click.echo("there is no sending credential: send it in the tool", err=True)


@inbox.command()
@click.argument("id_", metavar="ID")
@_AS
@click.option("--reason", default="", help="Why; kept in the history.")
def reject(id_: str, name: str, reason: str) -> None:
    """Say no to one draft; it is taken out of the tool where that can be done."""
    with _outbox() as box:
        entry = box.reject(id_, by=_person(name), reason=reason)
        click.echo(f"rejected  {entry.id}  {one_line(entry.reason)}")


@inbox.command()
@click.argument("id_", metavar="ID")
def again(id_: str) -> None:
    """Put one blocked message back to work."""
    with _outbox() as box:
        entry = box.again(id_)
        click.echo(f"{entry.state}  {entry.id}")


@inbox.command()
@click.argument("id_", metavar="[ID]", required=False)
def process(id_: str | None) -> None:
    """Work on one event, or on everything that is due, and end.

    What was approved is sent too, where there is a credential for it.
    """
    from aplomo.embed.worker import Worker

    with _outbox() as box:
        if id_ is not None:
            entry = box.process(box.entry(id_).id)
            click.echo(f"{entry.state}  {entry.id}  {one_line(entry.reason)}".rstrip())
            return
        click.echo(f"{Worker(outbox=box).drain()} events worked on")


@inbox.command()
@click.argument("adapter")
def poll(adapter: str) -> None:
    """Ask the tool of ADAPTER what is new."""
    with _outbox() as box:
        click.echo(f"{len(box.poll(adapter))} new")


@inbox.command()
def migrate() -> None:
    """Bring the store to the shape this version needs (opening it does so too)."""
    from aplomo.embed.store.migrate import head

    with _store():
        click.echo(f"the store is at revision {head()}")


@inbox.command()
@click.option("--older-than", required=True, metavar="90d", help="Age in days (d) or hours (h).")
def purge(older_than: str) -> None:
    """Delete old decisions, approvals and histories. What waits for a person is kept."""
    match = re.fullmatch(r"(\d+)([dh])", older_than)
    if match is None:
        raise UsageError(f"--older-than {older_than!r} is not an age", hint="--older-than 90d")
    seconds = int(match[1]) * {"d": 86_400, "h": 3_600}[match[2]]
    with _store() as store:
        click.echo(f"{store.records.purge(before=time.time() - seconds)} decisions deleted")


@inbox.command()
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--author", help="The person's id in the tool: every decision about them.")
def erase(id_: str | None, author: str | None) -> None:
    """Erase one person's words, and who they were: of one message, or of every one.

    ID: an event id, a draft key, or the id of a decision.
    """
    if (author is None) == (id_ is None):
        raise UsageError("give either an ID or --author ID")
    with _store() as store:
        named = _decision_id(store, id_) if id_ else None
        count = store.records.erase(author_id=author, decision_id=named) if author or named else 0
    click.echo(f"{count} decisions erased")
    click.echo("drafts that are in a tool stay there: remove them in the tool", err=True)


@contextmanager
def _store() -> "Generator[Store]":
    from aplomo.embed.store.store import open_store, store_url
    from aplomo.workspace import Workspace

    store = open_store(store_url(Workspace.find()))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _outbox() -> "Generator[Outbox]":
    from aplomo.embed.outbox import Outbox

    box = Outbox.from_workspace()
    try:
        yield box
    finally:
        box.store.close()
        box.drafter.close()


def _decision_id(store: "Store", id_: str) -> str | None:
    """The decision named by its own id or by its message's; None while nothing was decided."""
    if store.records.get(id_) is not None:
        return id_
    return store.ledger.entry(id_).decision_id


def _person(name: str) -> "Party":
    from aplomo.embed.adapter import Party

    return Party(id=f"here:{name}", name=name, kind="agent")


def _protocol(workspace: Any, record: Any) -> Any:
    """The protocol that the record names, if it can still be found."""
    from aplomo.decision.replay import protocol_of

    return protocol_of(record, workspace.protocol) if record else None
