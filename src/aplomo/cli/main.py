"""The command line: a table of commands, each loaded only when it is called."""

import os
import sys

import click

from aplomo.cli.lazy import LazyGroup
from aplomo.errors import AplomoError
from aplomo.plain_text import printable

__all__ = ["cli", "main"]

COMMANDS = {
    "draft": ("aplomo.cli.draft:draft", "Draft replies: one comment, or a file of them."),
    "explain": ("aplomo.cli.explain:explain", "Say why a decision came out as it did."),
    "replay": ("aplomo.cli.replay:replay", "Walk decision records again, without a model."),
    "inbox": ("aplomo.cli.inbox:inbox", "The drafts that wait for a person."),
    "init": ("aplomo.cli.init:init", "Make a workspace in this folder."),
    "protocol": ("aplomo.cli.protocol:protocol", "Lint and show protocols."),
    "model": ("aplomo.cli.model:model", "Fetch and check the embedded model."),
    "serve": ("aplomo.cli.serve:serve", "Take webhooks and draft over HTTP."),
    "evals": ("aplomo.cli.evals:evals", "Guard changes with labelled cases and recorded calls."),
}


@click.group(
    cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="aplomo", message="%(version)s")
def cli() -> None:
    """Walk a brand's reply protocol for every public comment.

    Code decides each step, a model answers only what is ambiguous and drafts the reply, checks
    guard it, and a person approves. Nothing is sent without an approval and its own credential.
    """


def main() -> None:
    """Run the command line; every AplomoError becomes its message, its hint and its exit code."""
    try:
        cli(standalone_mode=False)
    except AplomoError as error:
        _explain(error)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _explain(error: AplomoError) -> None:
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(printable(str(error)), err=True)
    if error.hint:
        click.echo(f"hint: {printable(error.hint)}", err=True)
