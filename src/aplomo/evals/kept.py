"""What a model gave, kept in a file: a measurement of hours can be interrupted, and made again."""

import hashlib
import json
import sqlite3
import struct
from dataclasses import asdict
from pathlib import Path

from aplomo.errors import ConfigError
from aplomo.llm.port import Completion, Model, Request, Token, Usage

__all__ = ["Kept"]


class Kept:
    """`model`, which is asked nothing that the file at `place` has an answer of it to.

    The file is a SQLite database, made where there is none. It holds every answer as soon as it is
    given; what failed is asked again. Only what is asked at temperature 0 is kept: a retry asks
    above it, because it wants another answer. Use it from one thread, and `close` it.

    Raises ConfigError when the file is something else, or cannot be opened.
    """

    def __init__(self, model: Model, place: Path) -> None:
        self._model = model
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._base = _opened(place)
        except (OSError, sqlite3.Error) as error:
            hint = "name another file, which is then made"
            raise ConfigError(f"keeps no answers: {error}", where=str(place), hint=hint) from None

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def host(self) -> str:
        """The model's host."""
        return self._model.host

    def complete(self, request: Request, *, timeout: float) -> Completion:
        """The kept answer to `request`, or the model's, which is kept."""
        return self._find(request) or self._keep(
            request, self._model.complete(request, timeout=timeout)
        )

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        """The async twin of `complete`."""
        return self._find(request) or self._keep(
            request, await self._model.acomplete(request, timeout=timeout)
        )

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def _key(self, request: Request) -> str:
        asked = [self.name, {**asdict(request), "purpose": ""}]
        return hashlib.sha256(json.dumps(asked, ensure_ascii=True).encode()).hexdigest()

    def _find(self, request: Request) -> Completion | None:
        if request.temperature:
            return None
        query = "SELECT answer, state FROM given WHERE key = ?"
        if (row := self._base.execute(query, (self._key(request),)).fetchone()) is None:
            return None
        text, usage, tokens = json.loads(row[0])
        return Completion(
            text=text,
            usage=Usage(**usage),
            tokens=tuple(Token(text=t, alternatives=others) for t, others in tokens),
            state=struct.unpack(f"<{len(row[1]) // 4}f", row[1]),
        )

    def _keep(self, request: Request, given: Completion) -> Completion:
        if request.temperature:
            return given
        tokens = [(token.text, dict(token.alternatives)) for token in given.tokens]
        answer = json.dumps([given.text, asdict(given.usage), tokens])
        # 32-bit floats are what models compute their states in.
        state = struct.pack(f"<{len(given.state)}f", *given.state)
        row = (self._key(request), answer, state)
        self._base.execute("INSERT OR REPLACE INTO given VALUES (?, ?, ?)", row)
        return given


def _opened(place: Path) -> sqlite3.Connection:
    """The database at `place`, with its table. Raises sqlite3.Error when it is of others."""
    base = sqlite3.connect(place, isolation_level=None)
    try:
        tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master")}
        if tables and "given" not in tables:
            raise sqlite3.DatabaseError("it holds something else")
        base.execute(
            "CREATE TABLE IF NOT EXISTS given (key TEXT PRIMARY KEY, answer TEXT, state BLOB)"
        )
    except sqlite3.Error:
        base.close()
        raise
    return base
