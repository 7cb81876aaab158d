"""Recordings on disk: sorted JSON in vcrpy's format, split into shards, replaced atomically.

While a recording runs, each finished call is appended to a journal at once, so that no interruption
loses one; saving folds the journal into the shards.
"""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from aplomo.errors import ConfigError
from aplomo.evals.atomic import write_atomically
from aplomo.evals.recording.key import canonical, key_of
from aplomo.evals.recording.tape import Recording

__all__ = ["Store"]

ENTRIES = 500
BYTES = 5_000_000
"""More recordings, or bytes, than this in one file, and there are sixteen times as many files."""

_HOST = "http://model.invalid"
_HINT = "restore the file from version control, or delete it and run `aplomo evals record --misses`"


class Store:
    """The folder of one suite's recordings under one protocol, and the `work` folder beside it.

    `work` holds what is no part of the suite (journal, recordings put aside) and tells git so.
    """

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = folder
        self.work = work
        self._journal = work / "journal.jsonl"
        self._aside = work / "aside.jsonl"

    def load(self) -> list[Recording]:
        """Every recording, of the shards and of an interrupted run's journal.

        Raises ConfigError naming the file when one is damaged or was edited by hand.
        """
        found: dict[tuple[str, int], Recording] = {}
        for path in sorted(self.folder.glob("*.json")):
            for one in _read(path):
                found.setdefault(one.place, one)
        for one in _lines(self._journal):
            found.setdefault(one.place, one)
        return [found[place] for place in sorted(found)]

    def save(self, recordings: Iterable[Recording]) -> None:
        """Make these the recordings: the same ones always give the same bytes."""
        entries = [(one, _entry(one)) for one in sorted(recordings, key=lambda one: one.place)]
        shards = _sharded(entries)
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in shards.items():
            write_atomically(self.folder / name, text)
        for path in self.folder.glob("*.json"):
            if path.name not in shards:
                path.unlink()
        self._journal.unlink(missing_ok=True)

    def note(self, one: Recording) -> None:
        """Append one finished call to the journal, and see it on the disk."""
        self._append(self._journal, [one])

    def aside(self) -> list[Recording]:
        """What was put aside: recordings that had become unused, on this machine."""
        return list(_lines(self._aside))

    def put_aside(self, recordings: Iterable[Recording]) -> None:
        """Keep recordings that the suite no longer needs, should a change be taken back."""
        known = {one.place: one for one in self.aside()}
        new = [one for one in recordings if known.get(one.place) != one]
        self._append(self._aside, new)

    def prepare(self) -> None:
        """Make the work folder."""
        self.work.mkdir(parents=True, exist_ok=True)
        (self.work / ".gitignore").write_text("*\n", encoding="utf-8")

    def _append(self, path: Path, recordings: Iterable[Recording]) -> None:
        text = "".join(f"{json.dumps(_entry(one), ensure_ascii=False)}\n" for one in recordings)
        if not text:
            return
        self.prepare()
        with path.open("ab") as lines:
            lines.write(text.encode())
            lines.flush()
            os.fsync(lines.fileno())


def _sharded(entries: list[tuple[Recording, dict[str, Any]]]) -> dict[str, str]:
    """The text of each file by name: all in one, or apart by the first digits of the key."""
    digits = 0
    while True:
        parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for one, entry in entries:
            parts[one.key[:digits]].append(entry)
        texts = {f"{name or 'all'}.json": _text(part) for name, part in parts.items()}
        size = sum(map(len, texts.values()))
        files = 16**digits
        if digits == 3 or (len(entries) <= ENTRIES * files and size <= BYTES * files):
            return texts
        digits += 1


def _text(entries: list[dict[str, Any]]) -> str:
    shape = {"version": 1, "interactions": entries}
    return json.dumps(shape, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _entry(one: Recording) -> dict[str, Any]:
    """A recording as vcrpy writes it, and beside it what finds and guards it."""
    request = {
        "method": one.method,
        "uri": _HOST + one.path,
        "body": one.body,
        "headers": {"content-type": ["application/json"]},
    }
    guard = {
        "key": one.key,
        "on": one.on,
        "position": one.position,
        "sha256": _answer_sha256(one.response),
    }
    return {"recorded": guard, "request": request, "response": one.response}


def _recording(entry: Mapping[str, Any]) -> Recording:
    """The recording of an entry. Raises ValueError when it does not hold together."""
    guard, request, response = entry["recorded"], entry["request"], entry["response"]
    if not isinstance(response["body"]["string"], str):
        raise ValueError("an answer is not text")
    one = Recording(
        key=guard["key"],
        position=int(guard["position"]),
        method=request["method"],
        path=_path(request["uri"]),
        body=request["body"],
        response=response,
        on=str(guard["on"]),
    )
    if one.key != key_of(one.method, one.path, canonical(one.body)):
        raise ValueError(f"the request of recording {one.key[:16]} was changed")
    if guard["sha256"] != _answer_sha256(response):
        raise ValueError(f"the answer of recording {one.key[:16]} was changed")
    return one


def _path(uri: str) -> str:
    parts = urlsplit(uri)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _answer_sha256(response: Mapping[str, Any]) -> str:
    packed = json.dumps(response, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(packed.encode()).hexdigest()


def _read(path: Path) -> Iterator[Recording]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        for entry in data["interactions"]:
            yield _recording(entry)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{error}" if isinstance(error, ValueError) else f"no {error} where one should be"
        raise ConfigError(f"recordings are damaged: {what}", where=str(path), hint=_HINT) from None


def _lines(path: Path) -> Iterator[Recording]:
    """The recordings of a journal; what a crash left of its last line does not count."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    for line in data[: data.rfind(b"\n") + 1].splitlines():
        with suppress(ValueError, KeyError, TypeError):
            yield _recording(cast("dict[str, Any]", json.loads(line)))
