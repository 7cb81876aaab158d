"""`aplomo protocol`: lint, show and schema."""

import json
from pathlib import Path
from typing import Any

import click

__all__ = ["protocol"]


@click.group()
def protocol() -> None:
    """Lint and show protocols."""


@protocol.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def lint(files: tuple[Path, ...], as_json: bool) -> None:
    """Check protocol FILES: every problem of every file, with its line. Exit 1 if there is one."""
    from dataclasses import asdict

    from aplomo.errors import ConfigError, DocumentError, Problem
    from aplomo.protocol.load import load

    problems: list[Problem] = []
    for file in files:
        try:
            load(file)
        except DocumentError as error:
            problems += error.problems
        except ConfigError as error:
            problems.append(Problem(file=str(file), line=1, message=error.message, hint=error.hint))
    if as_json:
        click.echo(json.dumps([asdict(problem) for problem in problems], ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(str(problem))
        wrong = len({problem.file for problem in problems})
        count = f"{len(problems)} problem{'s' * (len(problems) != 1)}"
        click.echo(f"{len(files)} checked, {wrong} refused, {count}")
    if problems:
        raise SystemExit(1)


@protocol.command()
@click.argument("name", metavar="PROTOCOL")
@click.option("--lang", help="The language of the texts. Default: the protocol's first.")
@click.option("--mermaid", is_flag=True, help="Print a Mermaid flowchart.")
@click.option("--json", "as_json", is_flag=True, help="Print the loaded protocol as JSON.")
def show(name: str, lang: str | None, mermaid: bool, as_json: bool) -> None:
    """Draw a PROTOCOL: a file, or the id of one that ships with Aplomo."""
    from aplomo.assets import folder
    from aplomo.errors import UsageError
    from aplomo.protocol.load import find_protocol, load
    from aplomo.protocol.render import as_mermaid, as_text

    if mermaid and as_json:
        raise UsageError("--mermaid and --json are two different outputs", hint="choose one")
    loaded = load(find_protocol(name, [folder("protocols")]))
    if lang is not None and lang not in loaded.languages:
        known = ", ".join(loaded.languages)
        raise UsageError(f"{loaded.id} is not written in '{lang}'", hint=f"it is in: {known}")
    if as_json:
        click.echo(json.dumps(loaded, default=_plain, ensure_ascii=False, indent=2))
    else:
        draw = as_mermaid if mermaid else as_text
        click.echo(draw(loaded, lang), nl=False)


@protocol.command()
def schema() -> None:
    """Print the JSON schema of protocol files, for editors."""
    from aplomo.protocol.schema import json_schema

    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _plain(value: Any) -> dict[str, Any]:
    """What JSON does not know: dataclasses and read-only mappings, both as objects."""
    from dataclasses import fields, is_dataclass

    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return dict(value)
