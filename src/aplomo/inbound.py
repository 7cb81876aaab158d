"""Where comments enter as text: JSON objects, CSV files and JSON lines become Comments.

One bad row never stops the others: it becomes a Row with an error.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aplomo.comment import Author, Comment, Turn
from aplomo.errors import InputError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

__all__ = ["Row", "comment_from", "comment_shape", "read_rows", "wrong_keys"]

MAX_FIELD = 16 * 1024 * 1024
_AUTHOR = "author_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of an input file: a comment, or the error that it could not become one.

    `number` counts rows from 1, the header apart; `key` is the hash of the raw row.
    """

    number: int
    key: str
    comment: Comment | None = None
    error: InputError | None = None


def comment_from(data: object, *, where: str = "comment") -> Comment:
    """A Comment from its JSON shape. Raises InputError that names every wrong key."""
    from pydantic import ValidationError

    if not isinstance(data, Mapping):
        raise InputError("is not a JSON object", where=where, hint='write {"text": "…"}')
    try:
        shape: Any = comment_shape().model_validate(data)
    except ValidationError as error:
        hint = "other things that rules may read belong under 'meta'"
        raise InputError(wrong_keys(error), where=where, hint=hint) from None
    author = Author(**shape.author.model_dump(exclude_none=True))
    thread = tuple(Turn(**turn.model_dump(exclude_none=True)) for turn in shape.thread)
    rest = shape.model_dump(exclude={"author", "thread"}, exclude_none=True)
    try:
        return Comment(**rest | {"history": tuple(shape.history)}, author=author, thread=thread)
    except InputError as error:
        raise InputError(error.message, where=where, hint=error.hint) from None


def wrong_keys(error: "ValidationError") -> str:
    """Every key that a shape refuses, and why, in one line."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a `.csv` (columns of the comment, `author_*`; others go to meta) or `.jsonl`.

    Raises InputError when the file as a whole cannot be read.
    """
    if path.suffix.lower() not in {".csv", ".jsonl", ".ndjson"}:
        raise InputError("is neither .csv nor .jsonl", where=str(path), hint="rename or convert it")
    try:
        text = _decoded(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None
    yield from (_csv_rows if path.suffix.lower() == ".csv" else _json_rows)(path, text)


def _csv_rows(path: Path, text: str) -> Iterator[Row]:
    csv.field_size_limit(MAX_FIELD)
    lines = io.StringIO(text.replace("\0", "\ufffd"), newline="")
    reader = csv.DictReader(lines, strict=True)
    try:
        header = reader.fieldnames or ()
    except csv.Error as error:
        raise InputError(f"is not well-formed CSV: {error}", where=f"{path}:1") from None
    if "text" not in header:
        columns = ", ".join(header) or "none"
        raise InputError(
            f"has no column 'text' (columns: {columns})", where=f"{path}:1", hint="name the columns"
        )
    number = 0
    while True:
        number += 1
        where = f"{path} row {number}"
        try:
            raw = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            failure = InputError(f"is not well-formed CSV: {error}", where=where)
            yield Row(number=number, key=_key(str(error)), error=failure)
            continue
        line = json.dumps(raw, ensure_ascii=False)
        if None in raw or None in raw.values():
            failure = InputError("has more or fewer cells than the header", where=where)
            yield Row(number=number, key=_key(line), error=failure)
            continue
        yield _row(number, line, _from_columns(raw), where)


def _json_rows(path: Path, text: str) -> Iterator[Row]:
    lines = (line for line in text.split("\n") if line.strip())
    for number, line in enumerate(lines, start=1):
        where = f"{path} row {number}"
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            failure = InputError(f"is not JSON: {error}", where=where)
            yield Row(number=number, key=_key(line), error=failure)
            continue
        yield _row(number, line, data, where)


def _row(number: int, raw: str, data: object, where: str) -> Row:
    try:
        return Row(number=number, key=_key(raw), comment=comment_from(data, where=where))
    except InputError as error:
        return Row(number=number, key=_key(raw), error=error)


def _from_columns(raw: Mapping[str, str]) -> dict[str, Any]:
    """A comment's JSON shape out of flat columns; empty cells count as absent."""
    known = {"id", "text", "channel", "lang"}
    shape: dict[str, Any] = {"author": {}, "meta": {}}
    for column, value in raw.items():
        if column in known and (value or column == "text"):
            shape[column] = value
        elif value and column.startswith(_AUTHOR):
            shape["author"][column.removeprefix(_AUTHOR)] = value
        elif value and column not in known:
            shape["meta"][column] = value
    return shape


def _key(raw: str) -> str:
    return hashlib.sha256(raw.encode("utf-8", "replace")).hexdigest()[:16]


def _decoded(data: bytes) -> str:
    """Text of a file: UTF-16 by its mark, else UTF-8 with what is not UTF-8 shown as U+FFFD."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


@lru_cache(maxsize=1)
def comment_shape() -> "type[BaseModel]":
    """The JSON shape of a comment, as a pydantic model."""
    from pydantic import BaseModel, ConfigDict, Field

    class Strict(BaseModel):
        # The line under a key is what its JSON schema says of it.
        model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    class AuthorShape(Strict):
        """Who wrote the comment, as far as the channel tells."""

        id: str | None = Field(default=None, max_length=300)
        name: str | None = None
        kind: str | None = None
        """customer, agent, bot …"""
        followers: int | None = Field(default=None, ge=0)
        verified: bool | None = None
        customer: bool | None = None

    class TurnShape(Strict):
        """One earlier message of the thread."""

        text: str
        author: str | None = None
        kind: str | None = None
        """customer, agent, bot …"""

    class CommentShape(Strict):
        """One inbound public text."""

        text: str
        id: str | None = Field(default=None, max_length=300)
        """Default: a hash of all that is known of it."""
        channel: str | None = None
        lang: str | None = Field(default=None, pattern="^[a-z]{2,3}$")
        """ISO 639-1; detected when absent."""
        author: AuthorShape = Field(default_factory=AuthorShape)
        thread: list[TurnShape] = Field(default_factory=list[TurnShape])
        """The messages before it, oldest first."""
        history: list[str] = Field(default_factory=list[str])
        """Earlier comments by the same author."""
        meta: dict[str, str] = Field(default_factory=dict[str, str])
        """Whatever else a rule may read."""

    return CommentShape
