"""Who signs webhooks how, as one table.

Every sender seen signs with HMAC, and differs only in what comes before the body:

    body              the raw bytes alone
    stamped           timestamp, separator, body
    standard          id.timestamp.body (Standard Webhooks)

A body-only signature never expires: what a captured one can still do is stopped where messages
are worked on once each.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["SCHEMES", "Scheme", "Stamp"]

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
