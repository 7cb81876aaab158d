"""Batches: every row of a file ends as one line of the output, even after an interruption."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from aplomo.comment import Comment
from aplomo.decision.model import Decision
from aplomo.embed.inbound import Row
from aplomo.errors import AplomoError, InputError, UsageError

__all__ = ["Summary", "finished_rows", "run_batch"]

ERROR_SCHEMA = "aplomo.error/1"


@dataclass(kw_only=True)
class Summary:
    """What a batch came to; counts, tokens, and seconds of wall-clock time."""

    rows: int = 0
    errors: int = 0
    undecided: int = 0
    statuses: Counter[str] = field(default_factory=Counter[str])
    outcomes: Counter[str] = field(default_factory=Counter[str])
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

    def add(self, decision: Decision) -> None:
        """Count one decision."""
        self.statuses[decision.status] += 1
        self.outcomes[decision.outcome.id if decision.outcome else "pending"] += 1
        self.undecided += decision.undecided
        self.calls += decision.usage.calls
        self.input_tokens += decision.usage.input_tokens
        self.output_tokens += decision.usage.output_tokens

    @property
    def needs_human_rate(self) -> float:
        """Share of the decisions that go to a person, 0..1."""
        return self.statuses["needs_human"] / max(1, self.statuses.total())


def run_batch(
    draft: Callable[[Comment], Decision],
    rows: Iterable[Row],
    output: TextIO,
    *,
    concurrency: int,
    done: frozenset[int] = frozenset(),
    progress: Callable[[], object] = lambda: None,
) -> Summary:
    """Draft every row not yet `done`, writing one JSON line each as soon as it is finished.

    At most `concurrency` comments are in work, and few more are read ahead. A crash inside one
    comment becomes its error record. Lines come in the order in which rows finish.
    """
    summary = Summary()
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        working: dict[Future[Decision], Row] = {}
        try:
            for row in rows:
                if row.number in done:
                    continue
                summary.rows += 1
                if row.comment is None:
                    _write(output, _error(row, row.error), summary, progress)
                    continue
                working[pool.submit(draft, row.comment)] = row
                if len(working) > concurrency:
                    _collect(working, output, summary, progress)
            while working:
                _collect(working, output, summary, progress)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return summary


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


def _collect(
    working: dict[Future[Decision], Row],
    output: TextIO,
    summary: Summary,
    progress: Callable[[], object],
) -> None:
    finished, _ = wait(working, return_when=FIRST_COMPLETED)
    for future in finished:
        row = working.pop(future)
        if (failure := future.exception()) is not None:
            if not isinstance(failure, Exception):
                raise failure
            _write(output, _error(row, failure), summary, progress)
            continue
        decision = future.result()
        summary.add(decision)
        record = decision.to_dict() | {"row": {"number": row.number, "key": row.key}}
        _write(output, record, summary, progress)


def _write(
    output: TextIO, record: dict[str, Any], summary: Summary, progress: Callable[[], object]
) -> None:
    summary.errors += record["schema"] == ERROR_SCHEMA
    output.write(json.dumps(record, ensure_ascii=False) + "\n")
    output.flush()
    progress()


def _error(row: Row, failure: Exception | None) -> dict[str, Any]:
    known = isinstance(failure, AplomoError)
    return {
        "schema": ERROR_SCHEMA,
        "row": {"number": row.number, "key": row.key},
        "comment": row.comment.to_dict() if row.comment else None,
        "error": {
            "code": failure.code if known else "internal",
            "message": str(failure) if known else f"{type(failure).__name__}: {failure}",
            "hint": failure.hint if known else "please report this",
        },
    }
