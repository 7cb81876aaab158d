"""`aplomo init`: a workspace to start from."""

import shutil
from pathlib import Path

import click

from aplomo.assets import asset
from aplomo.errors import UsageError
from aplomo.workspace import DEFAULT_PROTOCOL, FILE

__all__ = ["init"]

_COPIES = (
    ("protocols", f"{DEFAULT_PROTOCOL}.yaml", f"protocols/{DEFAULT_PROTOCOL}.yaml"),
    ("protocols", "protocol.schema.json", "protocols/protocol.schema.json"),
    ("examples", "aplomo.toml", FILE),
    ("examples", "brand.yaml", "brand.yaml"),
    ("examples", "brand.schema.json", "brand.schema.json"),
    ("examples", "facts.yaml", "facts.yaml"),
    ("examples", "facts.schema.json", "facts.schema.json"),
    ("examples", "comments.csv", "comments.csv"),
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def init(folder: Path) -> None:
    """Make a workspace in FOLDER: settings, protocol, brand, facts and example comments.

    Files that are there already are kept.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    for kind, name, target in _COPIES:
        place = folder / target
        if place.exists():
            click.echo(f"kept     {place}")
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(asset(kind, name), place)
        click.echo(f"created  {place}")
    click.echo(
        "\nNow edit brand.yaml and facts.yaml, then try:\n"
        "  aplomo draft --input comments.csv --output decisions.jsonl"
    )
