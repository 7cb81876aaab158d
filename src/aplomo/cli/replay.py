"""`aplomo replay`: walk decision records again, without a model."""

import json
import sys
from pathlib import Path

import click

__all__ = ["replay"]


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--protocol", "named", help="Walk this protocol (default: the one in the record).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a record.")
def replay(file: Path, named: str | None, as_json: bool) -> None:
    """Walk the answers of every decision record in FILE again; exit 1 where it goes another way."""
    from aplomo.cli.explain import read_records
    from aplomo.decision import replay as again
    from aplomo.workspace import Workspace

    workspace, different = Workspace.find(), 0
    records = read_records(file)
    for record in records:
        protocol = workspace.protocol(named or record["protocol"]["id"])
        found = again.replay(record, protocol)
        different += not found.same
        if as_json:
            shape = {"id": record["id"], "same": found.same, "path": found.path}
            shape |= {"outcome": found.outcome, "differences": found.differences}
            shape |= {"same_protocol": found.same_protocol}
            click.echo(json.dumps(shape, ensure_ascii=False))
            continue
        mark = click.style("same", fg="green") if found.same else click.style("DIFFERS", fg="red")
        changed = "" if found.same_protocol else "  (the protocol has changed since)"
        click.echo(f"{record['id']}  {mark}{changed}")
        for difference in found.differences:
            click.echo(f"  {difference}")
    click.echo(f"{len(records)} walked again, {different} different", err=True)
    if different:
        sys.exit(1)
