"""`aplomo evals add`: a decision that a person has corrected becomes a case."""

import sys
from typing import IO, Any

import click

from aplomo.errors import UsageError

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
@click.option("--must-pass", is_flag=True, help="No change may ever get it wrong.")
@click.option("--keep", multiple=True, metavar="@HANDLE", help="A handle to leave; repeatable.")
@click.option("--yes", is_flag=True, help="Do not ask whether personal data is left.")
def add(suite: str, record: IO[str], **options: Any) -> None:
    """Append the comment of the decision RECORD (a file, or -) to SUITE, personal data masked.

    Only what you say is right becomes a label: a model's answer is none.
    """
    from aplomo.evals.add import Correction, append_case, read_record
    from aplomo.evals.mask import mask_comment
    from aplomo.evals.place import CASES, find_suite
    from aplomo.workspace import Workspace

    folder, _ = find_suite(suite, Workspace.find())
    comment, data = read_record(record.read(), record.name)
    keep = frozenset(handle.lstrip("@").casefold() for handle in options["keep"])
    masked = mask_comment(comment, keep)
    click.echo(masked.text, err=True)
    if not options["yes"]:
        if not sys.stdin.isatty():
            raise UsageError("somebody must look whether personal data is left", hint="--yes")
        click.confirm("No name or other personal data left?", abort=True, err=True)
    outcome = options["outcome"]
    correction = Correction(
        answers=dict(map(_pair, options["answers"])),
        outcomes={data["protocol"]["id"]: outcome} if outcome else {},
        checks=options["checks"],
        must_pass=options["must_pass"],
    )
    id_ = options["id_"] or masked.id.lower()
    provenance = f"a decision of {str(data.get('created_at', ''))[:10]}, corrected by a person"
    click.echo(append_case(folder / CASES, id_, masked, correction, provenance), nl=False)


def _pair(text: str) -> tuple[str, str]:
    question, equals, verdict = text.partition("=")
    if not equals or verdict not in ("yes", "no"):
        raise UsageError(f"--answer {text!r} is not QUESTION=yes|no", hint="--answer positive=yes")
    return question.strip(), verdict
