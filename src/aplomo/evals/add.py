"""From a decision and what a person says of it to a case at the end of a suite's file."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from aplomo.comment import Comment
from aplomo.document import Document
from aplomo.errors import InputError, UsageError
from aplomo.evals.atomic import write_atomically
from aplomo.evals.cases import check_against, suite_of
from aplomo.inbound import comment_from
from aplomo.protocol.model import Protocol

__all__ = ["Correction", "append_case", "read_record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person says is right: answers by question, outcomes by protocol, checks that hold.

    `reply` is how they would have replied, personal data masked.
    """

    answers: Mapping[str, str]
    outcomes: Mapping[str, str]
    checks: tuple[str, ...] = ()
    must_pass: bool = False
    reply: str | None = None


def read_record(text: str, where: str) -> tuple[Comment, dict[str, Any]]:
    """The comment of the decision record `text`, and the record. Raises InputError."""
    try:
        data: Any = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError("not a JSON object")
        whole = cast("dict[str, Any]", data)
        record: dict[str, Any] = whole.get("decision", whole)
        if not str(record["schema"]).startswith("aplomo.decision/"):
            raise ValueError(f"its schema is {record['schema']!r}")
        if not isinstance(record["protocol"]["id"], str):
            raise ValueError("it names no protocol")
        return comment_from(record["comment"], where=where), record
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        hint = "aplomo draft --json prints one"
        raise InputError(f"is no decision record: {error}", where=where, hint=hint) from None


def append_case(
    path: Path,
    id_: str,
    comment: Comment,
    correction: Correction,
    provenance: str,
    protocols: Iterable[Protocol],
) -> str:
    """Write a case at the end of the case file at `path`; returns its lines.

    Nothing else in the file changes, comments and line ends included. The file is written only
    when the suite with its new case can be read and its labels are of `protocols`, those of the
    suite: raises DocumentError otherwise, UsageError without a label.
    """
    if not (correction.answers or correction.outcomes or correction.checks):
        hint = "--answer QUESTION=yes, --outcome ID, --check NAME or --reply TEXT"
        raise UsageError("say what is right: a case without a label tests nothing", hint=hint)
    text = path.read_bytes().decode()  # as it is: reading as text would turn CRLF into LF
    lines = _lines(id_, comment, correction, provenance)
    indent = _indent(text)
    entry = "".join(f"{indent}{line}\n" for line in lines)
    ending = "\r\n" if "\r\n" in text else "\n"
    longer = text.rstrip() + f"\n{entry}".replace("\n", ending)
    _check(longer, str(path), id_, protocols)
    write_atomically(path, longer)
    return entry


def _lines(id_: str, comment: Comment, correction: Correction, provenance: str) -> list[str]:
    shown = {name: value for name, value in comment.to_dict().items() if name != "id" and value}
    lines = [f"- id: {_packed(id_)}", "  split: test", f"  provenance: {_packed(provenance)}"]
    if correction.must_pass:
        lines.append("  must_pass: true")
    lines.append(f"  comment: {_packed(shown)}")
    labels = {
        name: getattr(correction, name) for name in ("answers", "outcomes", "checks", "reply")
    }
    return [*lines, *(f"  {name}: {_packed(value)}" for name, value in labels.items() if value)]


def _packed(value: Any) -> str:
    """JSON, which YAML reads too."""
    return json.dumps(value, ensure_ascii=False)


def _indent(text: str) -> str:
    """How far the last case of the file stands in."""
    found = re.findall(r"^([ ]*)- (?:id|split|comment):", text, re.MULTILINE)
    return found[-1] if found else "  "


def _check(text: str, where: str, id_: str, protocols: Iterable[Protocol]) -> None:
    """Raise DocumentError or UsageError unless `text` is a suite whose last case is `id_`."""
    suite = suite_of(Document.parse(text.removeprefix("\ufeff"), name=where, kind="cases"))
    if suite.cases[-1].id != id_:
        hint = "put `cases` last in the file"
        raise UsageError("the case would not be the last of the file", where=where, hint=hint)
    check_against(suite.cases, protocols)
