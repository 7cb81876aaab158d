"""Webhook signatures, checked: one verifier for every sender of the table in `senders`."""

import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aplomo.embed.senders import SCHEMES, Scheme, Stamp
from aplomo.errors import ConfigError, SignatureRefused

__all__ = ["TOLERANCE", "Verified", "Verifier"]

TOLERANCE = 300.0
"""Seconds that a signed timestamp may lie in the past or the future."""
_MOST_SIGNATURES = 8
_LONGEST_ID = 200
_AS_SECONDS = 10**11  # greater numbers are milliseconds; as seconds they would lie past 5138


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A delivery whose signature holds.

    `id` is the sender's own, the same over its retries, or the hash of the body where the sender
    gives none. `at` is when it was signed, in UTC, None when that is not signed.
    """

    id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Checks deliveries of one sender. Several secrets may hold at a time, to rotate them.

    `tolerance` is in seconds, `clock` gives Unix seconds.
    """

    scheme: Scheme
    keys: tuple[bytes, ...] = field(repr=False)
    tolerance: float = TOLERANCE
    clock: Callable[[], float] = time.time

    @classmethod
    def of(cls, scheme: str | Scheme, secrets: Iterable[str]) -> "Verifier":
        """The verifier of a scheme, or of a sender's name in SCHEMES.

        Raises ConfigError without a usable secret, or on an unknown name.
        """
        if isinstance(scheme, str):
            if scheme not in SCHEMES:
                hint = f"known: {', '.join(SCHEMES)}"
                raise ConfigError(f"no signature scheme '{scheme}'", hint=hint)
            scheme = SCHEMES[scheme]
        try:
            keys = tuple(scheme.key(secret) for secret in secrets)
        except (binascii.Error, ValueError):
            raise ConfigError(
                "a webhook secret is not base64", hint="copy it whole, 'whsec_' included"
            ) from None
        if not keys or not all(keys):
            raise ConfigError("a webhook secret is missing or empty")
        return cls(scheme=scheme, keys=keys)

    def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """What was delivered, given the raw `body`.

        Raises SignatureRefused when no signature holds, or a signed timestamp is off by more than
        the tolerance.
        """
        scheme = self.scheme
        given = {name.lower(): value for name, value in headers.items()}
        for name in (scheme.signature, *scheme.signed):
            if not given.get(name):
                raise SignatureRefused(f"header {name} is missing")
        # Every pair is compared, so that time tells nothing of which secret or signature held.
        matches = [
            hmac.compare_digest(scheme.sign(key, given, body), candidate)
            for key in self.keys
            for candidate in _candidates(scheme, given[scheme.signature])
        ]
        if not any(matches):
            raise SignatureRefused(
                "the signature does not hold", hint="is the secret the sender's?"
            )
        at = self._fresh(given[scheme.timestamp]) if scheme.timestamp else None
        named = given.get(scheme.id, "") if scheme.id else ""
        if not named or len(named) > _LONGEST_ID:
            named = f"sha256:{hashlib.sha256(body).hexdigest()}"
        return Verified(id=named, at=at)

    def headers(self, body: bytes, *, id: str = "") -> dict[str, str]:
        """The headers that the sender would send with `body` now: for tests, ours and yours."""
        scheme, now = self.scheme, self.clock()
        sent = {scheme.id: id} if scheme.id else {}
        if scheme.timestamp:
            sent[scheme.timestamp] = _written(now, scheme.stamp)
        return sent | {scheme.signature: scheme.sign(self.keys[0], sent, body).decode()}

    def _fresh(self, written: str) -> datetime:
        at = _read(written, self.scheme.stamp)
        if at is None:
            raise SignatureRefused("the signed timestamp cannot be read")
        off = self.clock() - at.timestamp()
        if abs(off) > self.tolerance:
            when = f"{abs(off):.0f} s in the {'past' if off > 0 else 'future'}"
            raise SignatureRefused(
                f"the signed timestamp lies {when}",
                hint=f"at most {self.tolerance:.0f} s are allowed: a replay, or a wrong clock",
            )
        return at


def _candidates(scheme: Scheme, value: str) -> list[bytes]:
    """The signatures in the header, hexadecimal ones in lower case."""
    parts = value.split(" ")[:_MOST_SIGNATURES] if scheme.listed else [value.strip()]
    if scheme.encoding == "hex":
        parts = [part.lower() for part in parts]
    return [part.encode("latin-1", "replace") for part in parts]


def _read(written: str, stamp: Stamp) -> datetime | None:
    try:
        if stamp == "iso":
            at = datetime.fromisoformat(written)
            return at.astimezone(UTC) if at.tzinfo else None
        if not re.fullmatch("[0-9]{1,14}", written):
            return None
        number = int(written)
        return datetime.fromtimestamp(number / 1000 if number > _AS_SECONDS else number, UTC)
    except (ValueError, OverflowError):
        return None


def _written(now: float, stamp: Stamp) -> str:
    if stamp == "iso":
        return datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    return str(int(now))
