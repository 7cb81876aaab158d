"""`aplomo draft`: one comment to a decision on the terminal, or a file to a file of decisions."""

import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aplomo.errors import UsageError
from aplomo.plain_text import json_text

if TYPE_CHECKING:
    from aplomo.embed.batch import Result
    from aplomo.embed.drafter import Drafter
    from aplomo.protocol.model import Verdict

__all__ = ["draft"]


@click.command()
@click.argument("text", required=False)
@click.option("--input", "source", type=click.Path(path_type=Path), help="A .csv or .jsonl file.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="A .jsonl file for --input (default: print)."
)
@click.option("--resume", is_flag=True, help="Go on with an interrupted --output.")
@click.option("--concurrency", type=click.IntRange(1, 64), help="Comments in work at a time.")
@click.option("--channel", default="generic", show_default=True, help="Where the comment stands.")
@click.option("--lang", help="Language of the comment (default: detected).")
@click.option("--protocol", help="Protocol: an id or a file.")
@click.option("--brand", type=click.Path(path_type=Path), help="Brand file.")
@click.option("--facts", type=click.Path(path_type=Path), help="Facts file.")
@click.option("--model", help="Model name; 'embedded' is the default.")
@click.option("--base-url", help="Any OpenAI-compatible endpoint.")
@click.option(
    "--answers",
    type=click.Choice(["model", "human"]),
    default="model",
    show_default=True,
    help="Who answers: 'human' asks you only the questions the walk reaches.",
)
@click.option(
    "--answer",
    "given",
    multiple=True,
    metavar="QUESTION=yes|no|unsure",
    help="Give an answer yourself; repeatable.",
)
@click.option("--no-draft", is_flag=True, help="Decide only; draft nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision record.")
def draft(**options: Any) -> None:
    """Decide what to do with TEXT ('-' reads standard input) and draft the reply."""
    if (options["text"] is None) == (options["source"] is None):
        raise UsageError("give either a TEXT or --input FILE", hint='aplomo draft "your comment"')
    drafter = _drafter(options)
    if not drafter.model.host and sys.stderr.isatty():
        loading = "the embedded model loads and reads the protocol once: up to a minute"
        click.secho(loading, dim=True, err=True)
    try:
        if options["source"]:
            _batch(drafter, options)
        else:
            _one(drafter, options)
    finally:
        drafter.close()


def _drafter(options: Mapping[str, Any]) -> "Drafter":
    from aplomo.embed.drafter import Drafter, nobody
    from aplomo.workspace import Workspace

    by_person = options["answers"] == "human"
    if by_person and (options["source"] or not sys.stdin.isatty()):
        raise UsageError(
            "--answers human needs a terminal and one TEXT", hint="use --answer question=yes"
        )
    workspace = Workspace.find()
    if workspace.notice:
        click.secho(workspace.notice, dim=True, err=True)
    return Drafter(
        workspace=workspace,
        protocol=options["protocol"],
        brand=options["brand"],
        facts=options["facts"],
        model=workspace.model_settings(model=options["model"], base_url=options["base_url"]),
        ask_model=not by_person,
        write=not options["no_draft"],
        consult=_ask if by_person else nobody,
    )


def _one(drafter: "Drafter", options: Mapping[str, Any]) -> None:
    from aplomo.cli.show import as_text
    from aplomo.comment import Comment

    text = options["text"]
    if text == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
    comment = Comment(text=text, channel=options["channel"], lang=options["lang"])
    decision = drafter.draft(comment, _given(options["given"]))
    if options["as_json"]:
        click.echo(json_text(decision.to_dict(), indent=2))
    else:
        click.echo(as_text(decision))
    if decision.undecided:
        sys.exit(4)


def _batch(drafter: "Drafter", options: Mapping[str, Any]) -> None:
    from tqdm import tqdm

    from aplomo.cli.show import summary_text
    from aplomo.embed.batch import Summary, run_batch
    from aplomo.inbound import read_rows

    if options["given"]:
        raise UsageError("--answer is for one TEXT, not for --input")
    source: Path = options["source"]
    total = sum(1 for _ in read_rows(source))
    done = _done(source, options["output"], resume=options["resume"])
    concurrency = options["concurrency"] or (4 if drafter.model.host else 1)
    summary, started = Summary(), time.monotonic()
    with (
        _writer(options["output"], as_json=options["as_json"]) as write,
        tqdm(total=total, initial=len(done), unit="comment", disable=_quiet(options)) as bar,
    ):
        rows = read_rows(source)
        for result in run_batch(drafter.draft, rows, concurrency=concurrency, done=done):
            write(result)
            summary.add(result)
            bar.update()
    summary.seconds = time.monotonic() - started
    click.echo(summary_text(summary, skipped=len(done)), err=True)
    if summary.nothing_decided:
        sys.exit(4)


def _quiet(options: Mapping[str, Any]) -> bool:
    """No progress bar where decisions are being printed, or nobody watches."""
    return options["output"] is None or not sys.stderr.isatty()


def _done(source: Path, output: Path | None, *, resume: bool) -> frozenset[int]:
    """The rows that `output` has already. Raises UsageError rather than overwrite it."""
    from aplomo.embed.batch import finished_rows
    from aplomo.inbound import read_rows

    if output is None and resume:
        raise UsageError("--resume needs --output FILE.jsonl", hint="name the file to go on with")
    if output is None or not output.exists() or not output.stat().st_size:
        return frozenset()
    if not resume:
        raise UsageError(f"{output} exists", hint="add --resume, or choose another --output")
    return finished_rows(output, read_rows(source))


@contextmanager
def _writer(output: Path | None, *, as_json: bool) -> "Generator[Callable[[Result], None]]":
    """Where results go: a line each into `output`, or onto the terminal."""
    from aplomo.cli.show import result_text

    def line(result: "Result") -> str:
        return json_text(result.to_dict())

    if output is None:
        yield lambda result: click.echo(line(result) if as_json else result_text(result) + "\n")
        return
    with output.open("a", encoding="utf-8") as lines:

        def append(result: "Result") -> None:
            lines.write(line(result) + "\n")
            lines.flush()

        yield append


def _given(pairs: tuple[str, ...]) -> "dict[str, Verdict]":
    given: dict[str, Verdict] = {}
    for pair in pairs:
        question, equals, verdict = pair.partition("=")
        if not equals or verdict not in ("yes", "no", "unsure"):
            raise UsageError(
                f"--answer {pair!r} is not QUESTION=yes|no|unsure", hint="--answer positive=yes"
            )
        given[question.strip()] = verdict
    return given


def _ask(question: Any, comment: Any) -> "Verdict | None":
    """Put one question to the person at the terminal."""
    from aplomo.protocol.model import in_language

    click.secho(f"\n{in_language(question.text, comment.lang)}", bold=True, err=True)
    verdicts: dict[str, Verdict] = {"y": "yes", "n": "no", "u": "unsure"}
    choice = click.Choice(list(verdicts), case_sensitive=False)
    return verdicts[click.prompt("  yes / no / unsure", type=choice, err=True)]
