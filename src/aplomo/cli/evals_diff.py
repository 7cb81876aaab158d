"""`aplomo evals diff`: what a change flips, and whether the gate lets it land."""

import sys
from pathlib import Path

import click

from aplomo.cli.evals_options import looking

__all__ = ["diff"]


@click.command()
@looking
@click.option("--markdown", is_flag=True, help="For a pull request.")
def diff(suite: str, protocol: str | None, saved: tuple[Path, ...], markdown: bool) -> None:
    """Replay SUITE (or read saved runs) and compare it with its baseline.

    Ends with 1 when the gate of aplomo.toml does not let the change land.
    """
    from aplomo.cli.evals_runs import reviewed
    from aplomo.evals.report.markdown import as_markdown
    from aplomo.evals.report.terminal import as_text

    reviews = reviewed(suite, protocol, saved)
    click.echo(as_markdown(reviews) if markdown else "\n\n".join(map(as_text, reviews)))
    if not all(review.passed for review in reviews):
        sys.exit(1)
