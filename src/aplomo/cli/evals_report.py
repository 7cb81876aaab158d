"""`aplomo evals report`: a run as a page, as Markdown, as JUnit."""

from pathlib import Path

import click

from aplomo.cli.evals_options import looking
from aplomo.errors import UsageError

__all__ = ["report"]


@click.command()
@looking
@click.option("--html", type=click.Path(path_type=Path), help="One self-contained page.")
@click.option("--markdown", type=click.Path(path_type=Path), help="For a pull request.")
@click.option("--junit", type=click.Path(path_type=Path), help="JUnit XML.")
def report(
    suite: str,
    protocol: str | None,
    saved: tuple[Path, ...],
    html: Path | None,
    markdown: Path | None,
    junit: Path | None,
) -> None:
    """Replay SUITE (or read saved runs) and write what came of it. Gates nothing: see `diff`."""
    from aplomo.cli.evals_runs import reviewed
    from aplomo.evals.report.junit import as_junit
    from aplomo.evals.report.markdown import as_markdown
    from aplomo.evals.report.page import as_page

    if not (html or markdown or junit):
        raise UsageError("name at least one of --html, --markdown, --junit")
    reviews = reviewed(suite, protocol, saved)
    for path, made in ((html, as_page), (markdown, as_markdown), (junit, as_junit)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made(reviews), encoding="utf-8")
            click.echo(f"wrote {path}")
