"""`aplomo evals add`: a decision that a person has corrected becomes a case."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from aplomo.errors import InputError, UsageError

if TYPE_CHECKING:
    from aplomo.comment import Comment

__all__ = ["add"]


@click.command()
@click.argument("suite")
@click.argument("record", type=click.File(encoding="utf-8"))
@click.option("--id", "id_", help="Id of the case (default: from the comment).")
@click.option("--answer", "answers", multiple=True, metavar="QUESTION=yes|no", help="Repeatable.")
@click.option("--outcome", help="The outcome that is right, under the record's protocol.")
@click.option(
    "--check", "checks", multiple=True, metavar="NAME", help="What must hold; repeatable."
)
@click.option(
    "--reply", metavar="TEXT", help="The reply as you corrected it; @FILE reads it from a file."
)
@click.option("--must-pass", is_flag=True, help="No change may ever get it wrong.")
@click.option("--keep", multiple=True, metavar="@HANDLE", help="A handle to leave; repeatable.")
@click.option("--yes", is_flag=True, help="Do not ask whether personal data is left.")
def add(suite: str, record: IO[str], **options: Any) -> None:
    """Append the comment of the decision RECORD (a file, or -) to SUITE, personal data masked.

    Only what you say is right becomes a label: a model's answer is none. Of a --reply become
    labels: that a draft is ready, and the checks that it mends; its text is kept to be shown.
    """
    from aplomo.evals.add import Correction, append_case, read_record
    from aplomo.evals.mask import mask_comment, mask_text
    from aplomo.evals.place import CASES, find_suite
    from aplomo.workspace import Workspace

    workspace = Workspace.find()
    folder, named = find_suite(suite, workspace)
    comment, data = read_record(record.read(), record.name)
    keep = frozenset(handle.lstrip("@").casefold() for handle in options["keep"])
    masked = mask_comment(comment, keep)
    reply = _reply(options["reply"], comment, data, options)
    shown = None if reply is None else mask_text(reply[0], keep)
    click.echo("\n".join(filter(None, (masked.text, shown))), err=True)
    if not options["yes"]:
        if not sys.stdin.isatty():
            raise UsageError("somebody must look whether personal data is left", hint="--yes")
        click.confirm("No name or other personal data left?", abort=True, err=True)
    outcome = options["outcome"]
    correction = Correction(
        answers=dict(map(_pair, options["answers"])),
        outcomes={data["protocol"]["id"]: outcome} if outcome else {},
        checks=tuple(dict.fromkeys((*options["checks"], *(reply[1] if reply else ())))),
        must_pass=options["must_pass"],
        reply=shown,
    )
    id_ = options["id_"] or masked.id.lower()
    provenance = f"a decision of {str(data.get('created_at', ''))[:10]}, corrected by a person"
    protocols = map(workspace.protocol, named.protocols)
    place = folder / CASES
    click.echo(append_case(place, id_, masked, correction, provenance, protocols), nl=False)


def _reply(
    given: str | None,
    comment: "Comment",
    record: Mapping[str, Any],
    options: Mapping[str, Any],
) -> tuple[str, tuple[str, ...]] | None:
    """The person's reply, and the checks that it makes labels; says what fails in it too."""
    if given is None:
        return None
    from aplomo.embed.drafter import Drafter
    from aplomo.evals.corrected import corrected

    try:
        text = Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given
    except (OSError, UnicodeDecodeError) as error:
        hint = "a reply that begins with @ goes into a file"
        raise InputError(f"no reply can be read: {error}", where=given[1:], hint=hint) from None
    if not text.strip():
        raise UsageError("the reply is empty", hint="--reply TEXT, or --reply @FILE")
    drafter = Drafter(protocol=record["protocol"]["id"], ask_model=False)
    found = corrected(text, comment, drafter.kit, record, options["outcome"])
    for line in found.against:
        click.echo(f"note: your own reply fails here, so no draft is held to it: {line}", err=True)
    return text.strip(), found.checks


def _pair(text: str) -> tuple[str, str]:
    question, equals, verdict = text.partition("=")
    if not equals or verdict not in ("yes", "no"):
        raise UsageError(f"--answer {text!r} is not QUESTION=yes|no", hint="--answer positive=yes")
    return question.strip(), verdict
