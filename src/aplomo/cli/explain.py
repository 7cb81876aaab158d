"""`aplomo explain`: why a decision came out as it did."""

import json
from pathlib import Path
from typing import Any

import click

from aplomo.errors import InputError, UsageError
from aplomo.plain_text import json_text, one_line

__all__ = ["explain", "read_records"]


@click.command()
@click.argument("what", metavar="ID|FILE")
@click.option("--lang", type=click.Choice(["es", "en"]), help="Default: the comment's language.")
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
def explain(what: str, lang: str | None, as_json: bool) -> None:
    """Say why, in a few lines: for a FILE of decision records, or an ID of the decision store."""
    from aplomo.decision import explain as words
    from aplomo.decision.replay import protocol_of
    from aplomo.workspace import Workspace

    workspace = Workspace.find()
    records = read_records(Path(what)) if Path(what).is_file() else [_stored(what, workspace)]
    for number, record in enumerate(records):
        protocol = protocol_of(record, workspace.protocol)
        lines = words.explain(record, protocol, lang or record["comment"]["lang"])
        if as_json:
            click.echo(json_text({"id": record["id"], "why": lines}))
            continue
        if number:
            click.echo()
        click.secho(one_line(f"{record['id']}  {record['status']}"), bold=True)
        click.echo("\n".join(f"  {one_line(line)}" for line in lines))


def read_records(path: Path) -> list[Any]:
    """The decision records of a file: one JSON object, or JSON lines of them.

    Error records of a batch are left out. Raises InputError.
    """
    from aplomo.decision.replay import require_record

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None
    found = [shape for shape in _shapes(text, path) if _schema(shape) != "aplomo.error/1"]
    if not found:
        raise InputError("holds no decision record", where=str(path))
    return [require_record(shape, where=str(path)) for shape in found]


def _shapes(text: str, path: Path) -> list[Any]:
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    shapes: list[Any] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                shapes.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise InputError(f"is not JSON: {error}", where=f"{path}:{number}") from None
    return shapes


def _schema(shape: Any) -> Any:
    return shape.get("schema") if isinstance(shape, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]


def _stored(id_: str, workspace: Any) -> Any:
    from aplomo.embed.store.store import open_store, store_url

    store = open_store(store_url(workspace))
    try:
        entry = store.ledger.get(id_)
        record = store.records.get((entry.decision_id or "") if entry else id_)
    finally:
        store.close()
    if record is None:
        hint = "give a file, a decision id, an event id or a draft key"
        raise UsageError(f"there is neither a file nor a decision '{id_}'", hint=hint)
    return record
