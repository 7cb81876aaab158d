"""`aplomo evals`: a table of its commands, each loaded only when it is called."""

import click

from aplomo.cli.lazy import LazyGroup

__all__ = ["evals"]

COMMANDS = {
    "run": ("aplomo.cli.evals_run:run", "Replay a suite, offline."),
    "record": ("aplomo.cli.evals_record:record", "Record what a suite has no recording of."),
    "diff": ("aplomo.cli.evals_diff:diff", "What changed against the baseline; the gate."),
    "accept": ("aplomo.cli.evals_accept:accept", "Make the present state the baseline."),
    "report": ("aplomo.cli.evals_report:report", "An HTML page, Markdown, JUnit XML."),
    "judge": ("aplomo.cli.evals_judge:judge", "What a model thinks of the drafts; advisory."),
    "add": ("aplomo.cli.evals_add:add", "Make a corrected decision a case."),
    "calibrate": ("aplomo.cli.evals_calibrate:calibrate", "Fit every question's confidence."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def evals() -> None:
    """Guard prompts, protocols and models with labelled cases and recorded calls."""
