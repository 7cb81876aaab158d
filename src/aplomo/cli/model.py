"""`aplomo model`: fetch the embedded model, list what is here, and say what is missing."""

import json
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from aplomo.llm.doctor import Report
    from aplomo.llm.sources import Progress

__all__ = ["model"]


@click.group()
def model() -> None:
    """Fetch, list and check models."""


@model.command()
@click.option("--json", "as_json", is_flag=True, help="Print the path as JSON.")
def pull(as_json: bool) -> None:
    """Fetch the embedded model's weights (1.1 GB, once); go on where a pull was interrupted."""
    from aplomo.llm.pull import pull as fetch
    from aplomo.llm.weights import DEFAULT_WEIGHTS

    with _progress(DEFAULT_WEIGHTS.size) as progress:
        path = fetch(progress=progress)
    click.echo(json.dumps({"model": DEFAULT_WEIGHTS.name, "path": str(path)}) if as_json else path)


@model.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """The models in the cache, and the pinned one when it is not."""
    from aplomo.llm.doctor import cached_models

    rows = cached_models()
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['name']}  {row['state']}  {row['path']}")


@model.command()
@click.option("--model", "name", help="As for draft.")
@click.option("--base-url", help="As for draft.")
@click.option("--check", is_flag=True, help="Also see whether the endpoint can be reached.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(name: str | None, base_url: str | None, check: bool, as_json: bool) -> None:
    """What is there and what is missing; exit code 1 when the model cannot be used."""
    from aplomo.llm.doctor import examine
    from aplomo.workspace import Workspace

    settings = Workspace.find().model_settings(model=name, base_url=base_url)
    report = examine(settings, check=check)
    if as_json:
        click.echo(json.dumps(report.to_dict(), indent=2))
    else:
        _print(report)
    sys.exit(0 if report.usable else 1)


def _print(report: "Report") -> None:
    for finding in report.findings:
        colour = {"ok": "green", "missing": "red"}.get(finding.state)
        click.secho(f"{finding.state:8}", fg=colour, nl=False)
        click.echo(f"{finding.subject}: {finding.detail}")
        if finding.fix:
            click.echo(f"{'':8}→ {finding.fix}")
    click.echo("settings:")
    for name, row in report.settings.items():
        click.echo(f"  {name} = {_value(row)}  ({row['from']})")
    verdict = "the model can be used" if report.usable else "the model cannot be used yet"
    click.secho(verdict, bold=True)


def _value(row: Mapping[str, object]) -> str:
    return "–" if row["value"] is None else str(row["value"])


@contextmanager
def _progress(total: int) -> Generator["Progress"]:
    """A bar on a terminal; elsewhere one line at every tenth."""
    from tqdm import tqdm

    if not sys.stderr.isatty():
        yield _Tenths(total).tell
        return
    options: dict[str, Any] = {"unit": "B", "unit_scale": True, "unit_divisor": 1024}
    with tqdm(total=total, desc="weights", **options) as bar:

        def tell(done: int) -> None:
            bar.update(done - bar.n)

        yield tell


class _Tenths:
    """Prints progress as plain lines."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._told = 0

    def tell(self, done: int) -> None:
        tenth = done * 10 // self._total
        if tenth > self._told:
            self._told = tenth
            click.echo(f"weights: {tenth * 10}% of {self._total / 1e9:.2f} GB", err=True)
