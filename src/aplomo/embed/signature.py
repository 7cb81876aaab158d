"""Webhook signatures: who signs what, as one table, and one verifier for all of it.

Every sender seen signs with HMAC, and differs only in what comes before the body:

    body              the raw bytes alone
    stamped           timestamp, separator, body
    standard          id.timestamp.body (Standard Webhooks)

A body-only signature never expires: what a captured one can still do is stopped where messages
are worked on once each.
"""

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from aplomo.errors import ConfigError, SignatureRefused

__all__ = ["SCHEMES", "TOLERANCE", "Scheme", "Verified", "Verifier"]

TOLERANCE = 300.0
"""Seconds that a signed timestamp may lie in the past or the future."""
_MOST_SIGNATURES = 8
_AS_SECONDS = 10**11  # greater numbers are milliseconds; as seconds they would lie past 5138

Stamp = Literal["unix", "iso"]


def _as_text(secret: str) -> bytes:
    return secret.encode()


def _as_base64(secret: str) -> bytes:
    """A Standard Webhooks secret: base64, with or without its prefix and its padding."""
    text = secret.removeprefix("whsec_").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _of_freescout(secret: str) -> bytes:
    """FreeScout signs with a hash of its APP_KEY, not with the key itself."""
    digest = hashlib.md5(f"{secret}webhook_key".encode(), usedforsecurity=False)
    return digest.hexdigest().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How one sender signs. Header names are lower case.

    `signature` is the header that carries it, after `prefix`; `id` the header of the delivery id;
    `timestamp` that of the time, in `unix` seconds or milliseconds (Front's pages and Front
    differ) or ISO 8601. `signed` are the headers signed before the body, each followed by
    `separator`. `listed` says that several signatures may stand in the header, parted by spaces.
    `key` makes the HMAC key of the secret as it is handed out.
    """

    signature: str
    digest: Literal["sha1", "sha256"]
    encoding: Literal["hex", "base64"]
    prefix: str = ""
    listed: bool = False
    id: str | None = None
    timestamp: str | None = None
    stamp: Stamp = "unix"
    signed: tuple[str, ...] = ()
    separator: bytes = b""
    key: Callable[[str], bytes] = _as_text

    def sign(self, key: bytes, headers: Mapping[str, str], body: bytes) -> bytes:
        """The signature of `body` under `key`, encoded as in the header, prefix included."""
        message = bytearray()
        for name in self.signed:
            message += headers.get(name, "").encode("latin-1", "replace") + self.separator
        mac = hmac.new(key, bytes(message) + body, self.digest)
        text = mac.hexdigest().encode() if self.encoding == "hex" else _base64(mac.digest())
        return self.prefix.encode() + text


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data)


def _hub(digest: Literal["sha1", "sha256"], header: str, id_: str | None = None) -> Scheme:
    return Scheme(signature=header, digest=digest, encoding="hex", prefix=f"{digest}=", id=id_)


_STANDARD = Scheme(
    signature="webhook-signature",
    digest="sha256",
    encoding="base64",
    prefix="v1,",
    listed=True,
    id="webhook-id",
    timestamp="webhook-timestamp",
    signed=("webhook-id", "webhook-timestamp"),
    separator=b".",
    key=_as_base64,
)

SCHEMES: Mapping[str, Scheme] = {
    "standard": _STANDARD,
    "request-tracker": _STANDARD,  # the Scrip of our guide signs so
    "zendesk": Scheme(
        signature="x-zendesk-webhook-signature",
        digest="sha256",
        encoding="base64",
        id="x-zendesk-webhook-invocation-id",
        timestamp="x-zendesk-webhook-signature-timestamp",
        stamp="iso",
        signed=("x-zendesk-webhook-signature-timestamp",),
    ),
    "front": Scheme(
        signature="x-front-signature",
        digest="sha256",
        encoding="base64",
        timestamp="x-front-request-timestamp",
        signed=("x-front-request-timestamp",),
        separator=b":",
    ),
    "front-rule": Scheme(signature="x-front-signature", digest="sha1", encoding="base64"),
    "chatwoot": Scheme(
        signature="x-chatwoot-signature",
        digest="sha256",
        encoding="hex",
        prefix="sha256=",
        id="x-chatwoot-delivery",
        timestamp="x-chatwoot-timestamp",
        signed=("x-chatwoot-timestamp",),
        separator=b".",
    ),
    "help-scout": Scheme(signature="x-helpscout-signature", digest="sha1", encoding="base64"),
    "freescout": Scheme(
        signature="x-freescout-signature", digest="sha1", encoding="base64", key=_of_freescout
    ),
    "zammad": _hub("sha1", "x-hub-signature", "x-zammad-delivery"),
    "intercom": _hub("sha1", "x-hub-signature"),
    "meta": _hub("sha256", "x-hub-signature-256"),
}
"""The senders known by name."""


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
        return Verified(id=named or f"sha256:{hashlib.sha256(body).hexdigest()}", at=at)

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
