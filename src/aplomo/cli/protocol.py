"""`aplomo protocol`: lint, show, prove, diff and schema."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from aplomo.protocol.diff import Difference
    from aplomo.protocol.model import Protocol
    from aplomo.protocol.prove import Proof

__all__ = ["protocol"]


@click.group()
def protocol() -> None:
    """Lint, show, prove and compare protocols."""


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
    from aplomo.errors import UsageError
    from aplomo.protocol.render import as_mermaid, as_text

    if mermaid and as_json:
        raise UsageError("--mermaid and --json are two different outputs", hint="choose one")
    loaded = _load(name)
    if lang is not None and lang not in loaded.languages:
        known = ", ".join(loaded.languages)
        raise UsageError(f"{loaded.id} is not written in '{lang}'", hint=f"it is in: {known}")
    if as_json:
        click.echo(json.dumps(loaded, default=_plain, ensure_ascii=False, indent=2))
    else:
        draw = as_mermaid if mermaid else as_text
        click.echo(draw(loaded, lang), nl=False)


@protocol.command()
@click.argument("name", metavar="PROTOCOL")
@click.option(
    "--most-calls", type=click.IntRange(0), help="Answering calls a path may cost. Default: 3."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def prove(name: str, most_calls: int | None, as_json: bool) -> None:
    """Prove what holds of a PROTOCOL whatever the answers. Exit 1 if a property does not hold.

    Every path ends in an outcome, every outcome is reached, no path costs more answering calls
    than allowed, and what is marked `safety` comes first and cannot be walked around.
    """
    from dataclasses import asdict

    from aplomo.protocol.prove import MOST_CALLS
    from aplomo.protocol.prove import prove as prove_protocol

    loaded = _load(name)
    limit = MOST_CALLS if most_calls is None else most_calls
    proof = prove_protocol(loaded, most_calls=limit)
    if as_json:
        click.echo(json.dumps(asdict(proof), ensure_ascii=False))
    else:
        _tell_proof(loaded, proof)
    if proof.violations:
        raise SystemExit(1)


def _tell_proof(loaded: "Protocol", proof: "Proof") -> None:
    how = "every one walked to an outcome" if proof.walked else "at most; judged by its edges"
    first, last = proof.longest[0], proof.longest[-1]
    click.echo(f"{loaded.id} {loaded.version}: {proof.paths} paths, {how}")
    click.echo(f"longest path: {len(proof.longest)} questions, {first} … {last}")
    click.echo(f"answering calls: at most {proof.calls}")
    click.echo(f"without the model: {', '.join(proof.free) or 'no outcome'}")
    click.echo(f"safety gates, in order: {', '.join(proof.gates) or 'none marked'}")
    for violation in proof.violations:
        click.secho(f"violated: {violation}", fg="red")


@protocol.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--json", "as_json", is_flag=True, help="Print the difference as JSON.")
def diff(old: str, new: str, as_json: bool) -> None:
    """Tell what changed from protocol OLD to NEW, and which answers now end elsewhere."""
    from dataclasses import asdict

    from aplomo.protocol.diff import compare

    difference = compare(_load(old), _load(new))
    if as_json:
        click.echo(json.dumps(asdict(difference), ensure_ascii=False))
    else:
        _tell_difference(difference)


def _tell_difference(difference: "Difference") -> None:
    for change in difference.changes:
        click.echo(f"{change.node}: {change.what}")
    for move in difference.moves:
        answers = ", ".join(f"{name} {verdict}" for name, verdict in move.example.items())
        end = f"{'is asked' if move.asks else 'ends in'} {move.after}"
        click.echo(f"{move.count} × {move.before} now {end}, e.g. {answers}")
    compared = f"{difference.walked} paths compared"
    click.echo(compared if difference.complete else f"the first {compared}: there are more")


def _load(name: str) -> "Protocol":
    """The protocol of a file, or one that ships."""
    from aplomo.assets import folder
    from aplomo.protocol.load import find_protocol, load

    return load(find_protocol(name, [folder("protocols")]))


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
