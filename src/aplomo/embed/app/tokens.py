"""API tokens: shown once when made, kept as hashes, each with its scopes and its owner."""

import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock

from aplomo.errors import ConfigError, UsageError

__all__ = ["SCOPES", "Scope", "Token", "Tokens"]

Scope = Literal["draft", "read", "approve"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_PREFIX = "aplomo"
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token may do. `owner` is the person or program it was made for.

    `approve` tokens belong to a person: what they approve is approved in that name. Times are
    seconds since 1970; `expires_at` is None for a token that holds until it is revoked.
    """

    id: str
    owner: str
    scopes: tuple[Scope, ...]
    sha256: str = field(repr=False)
    created_at: float = 0.0
    expires_at: float | None = None


class Tokens:
    """The tokens in a file of hashes. A change of the file holds from the next request on.

    The secret has 256 random bits, so a plain hash is as good as a slow one.
    """

    def __init__(self, path: Path | str, *, now: Callable[[], float] = time.time) -> None:
        self.path = Path(path)
        self._now = now
        self._read: tuple[tuple[int, int, int], dict[str, Token]] | None = None

    def new(self, owner: str, scopes: Iterable[Scope], *, days: float | None = None) -> str:
        """Make a token and give its text, which is stored nowhere.

        Raises UsageError without an owner or a known scope.
        """
        asked = set(scopes)
        wanted: tuple[Scope, ...] = tuple(scope for scope in SCOPES if scope in asked)
        if not wanted or not owner.strip():
            raise UsageError("a token needs an owner and a scope", hint=f"scopes: {list(SCOPES)}")
        identifier, now = secrets.token_hex(4), self._now()
        text = f"{_PREFIX}_{identifier}_{secrets.token_urlsafe(32)}"
        made = Token(
            id=identifier,
            owner=owner.strip(),
            scopes=wanted,
            sha256=_sha256(text),
            created_at=now,
            expires_at=None if days is None else now + days * _DAY,
        )
        with self._locked():
            self._write([*self.all(), made])
        return text

    def revoke(self, identifier: str) -> None:
        """End a token. Raises UsageError when there is none of that id."""
        with self._locked():
            kept = [token for token in self.all() if token.id != identifier]
            if len(kept) == len(self.all()):
                raise UsageError(
                    f"there is no token '{identifier}'", hint="aplomo serve token list"
                )
            self._write(kept)

    def all(self) -> list[Token]:
        """Every token. Raises ConfigError when the file is not what it should be."""
        return list(self._tokens().values())

    def find(self, text: str) -> Token | None:
        """The token with that text, unless it is unknown, revoked or over."""
        prefix, _, rest = text.partition("_")
        found = self._tokens().get(rest.partition("_")[0]) if prefix == _PREFIX else None
        # Compared in constant time, and for unknown ids too.
        right = hmac.compare_digest(found.sha256 if found else "", _sha256(text))
        if found is None or not right:
            return None
        over = found.expires_at is not None and found.expires_at <= self._now()
        return None if over else found

    def _tokens(self) -> dict[str, Token]:
        try:
            about = self.path.stat()
        except FileNotFoundError:
            return {}
        stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, {token.id: token for token in _load(self.path)})
        return self._read[1]

    def _locked(self) -> FileLock:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(f"{self.path}.lock")

    def _write(self, tokens: list[Token]) -> None:
        """Replace the file whole, readable by its owner alone."""
        data = {"format": "aplomo.tokens/1", "tokens": [asdict(token) for token in tokens]}
        new = self.path.with_name(f"{self.path.name}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(data, file, indent=2)
        new.replace(self.path)


def _load(path: Path) -> list[Token]:
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["tokens"]
        for row in rows:
            row["scopes"] = tuple(row["scopes"])
        return [Token(**row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "restore it, or remove it and make new tokens"
        raise ConfigError(f"is not a file of tokens: {error}", where=str(path), hint=hint) from None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
