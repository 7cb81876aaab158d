"""`aplomo evals accept`: the present state becomes the baseline."""

from pathlib import Path

import click

from aplomo.cli.evals_options import looking

__all__ = ["accept"]


@click.command()
@looking
def accept(suite: str, protocol: str | None, saved: tuple[Path, ...]) -> None:
    """Write the baseline of SUITE from a full replay (or saved runs). Commit the file.

    Nothing is written unless every run can be accepted.
    """
    from aplomo.cli.evals_runs import runs
    from aplomo.evals.baseline import accept as accepted
    from aplomo.evals.snapshot import judged

    found = runs(suite, protocol, saved)
    written = [
        (bench.place.baseline, accepted(run, judged(bench.suite.cases, run.results)))
        for bench, run in found
    ]
    for path, baseline in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(baseline.to_json(), encoding="utf-8")
        click.echo(f"wrote {path}: {len(baseline.cases)} cases")
    for bench, run in found:
        for one in judged(bench.suite.cases, run.results):
            if one.case.must_pass and one.snapshot.state != "pass":
                click.echo(f"note: must_pass case {one.case.id} is accepted as it is: not right")
