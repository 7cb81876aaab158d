"""Batches: every row of a file ends as one line of the output, even after an interruption."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aplomo.comment import Comment
from aplomo.decision.model import Decision
from aplomo.errors import AplomoError, InputError, UsageError
from aplomo.inbound import Row
from aplomo.llm.port import Usage

__all__ = ["Result", "Summary", "finished_rows", "run_batch"]

ERROR_SCHEMA = "aplomo.error/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one row: a decision, or the error that stands in its place."""

    row: Row
    decision: Decision | None = None
    error: Exception | None = None

    def to_dict(self) -> dict[str, Any]:
        """One line of the output: the decision record, or an error record that names the row."""
        place = {"row": {"number": self.row.number, "key": self.row.key}}
        if self.decision is not None:
            return self.decision.to_dict() | place
        comment = self.row.comment.to_dict() if self.row.comment else None
        return {"schema": ERROR_SCHEMA, **place, "comment": comment, "error": _told(self.error)}


@dataclass(kw_only=True)
class Summary:
    """What a batch came to; counts, tokens, and seconds of wall-clock time."""

    rows: int = 0
    errors: int = 0
    undecided: int = 0
    statuses: Counter[str] = field(default_factory=Counter[str])
    outcomes: Counter[str] = field(default_factory=Counter[str])
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0

    def add(self, result: Result) -> None:
        """Count one result."""
        self.rows += 1
        if (decision := result.decision) is None:
            self.errors += 1
            return
        self.statuses[decision.status] += 1
        self.outcomes[decision.outcome.id if decision.outcome else "pending"] += 1
        self.undecided += decision.undecided
        self.usage += decision.usage

    @property
    def needs_human_rate(self) -> float:
        """Share of the decisions that go to a person, 0..1."""
        return self.statuses["needs_human"] / max(1, self.statuses.total())

    @property
    def nothing_decided(self) -> bool:
        """Whether there were decisions to make and the model failed on every one."""
        return 0 < self.undecided == self.statuses.total()


def run_batch(
    draft: Callable[[Comment], Decision],
    rows: Iterable[Row],
    *,
    concurrency: int,
    done: frozenset[int] = frozenset(),
) -> Iterator[Result]:
    """The result of every row not yet `done`, as soon as it is there.

    At most `concurrency` comments are in work, and few more rows are read ahead. Whatever goes
    wrong inside one comment becomes its error; the others go on.
    """
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        working: dict[Future[Decision], Row] = {}
        try:
            for row in rows:
                if row.number in done:
                    continue
                if row.comment is None:
                    yield Result(row=row, error=row.error)
                    continue
                working[pool.submit(draft, row.comment)] = row
                if len(working) > concurrency:
                    yield from _finished(working)
            while working:
                yield from _finished(working)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def finished_rows(path: Path, rows: Iterable[Row]) -> frozenset[int]:
    """The rows that an interrupted batch has finished; a torn last line is cut off the file.

    Raises UsageError when the output belongs to another input, InputError when it is damaged.
    """
    keys = {row.number: row.key for row in rows}
    finished: set[int] = set()
    for record in _records(path):
        number = record["row"]["number"]
        if keys.get(number) != record["row"]["key"]:
            raise UsageError(
                f"row {number} of {path} was made from another input",
                hint="resume with the same input file, or choose a new --output",
            )
        finished.add(number)
    return frozenset(finished)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)
    for number, line in enumerate(data[:whole].splitlines(), start=1):
        try:
            record = json.loads(line)
            _ = (record["row"]["number"], record["row"]["key"])
        except (ValueError, KeyError, TypeError):
            raise InputError(
                "is not a record of a batch", where=f"{path}:{number}", hint="choose a new --output"
            ) from None
        yield record


def _told(error: Exception | None) -> dict[str, str | None]:
    if isinstance(error, AplomoError):
        return {"code": error.code, "message": str(error), "hint": error.hint}
    message = f"{type(error).__name__}: {error}"
    return {"code": "internal", "message": message, "hint": "please report this"}


def _finished(working: dict[Future[Decision], Row]) -> Iterator[Result]:
    """Wait for at least one comment, and give the results that are there."""
    ready, _ = wait(working, return_when=FIRST_COMPLETED)
    for future in ready:
        row = working.pop(future)
        failure = future.exception()
        if failure is None:
            yield Result(row=row, decision=future.result())
        elif isinstance(failure, Exception):
            yield Result(row=row, error=failure)
        else:
            raise failure
