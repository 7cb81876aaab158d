"""What identifies a request: its method, its path and its JSON body, written one way only.

The host and the headers are out (they differ by machine), the order of keys too (it differs by SDK
version), and so are hints of transport that change no answer.
"""

import hashlib
import json
from typing import Any, cast

__all__ = ["HINTS", "SHORT", "canonical", "key_of"]

HINTS = frozenset({"id_slot", "cache_prompt"})
"""Fields of a body that only tell the embedded model's server where its cache is."""

SHORT = 16
"""Hexadecimal digits of a key that are enough to name it."""


def canonical(body: bytes | str | None) -> str:
    """The one text of a request body: sorted JSON without hints; as it is when it is not JSON."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        value = {name: fields[name] for name in fields.keys() - HINTS}
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def key_of(method: str, path: str, body: str) -> str:
    """The key of a request whose `body` is canonical: a SHA-256, in hexadecimal."""
    return hashlib.sha256(f"{method.upper()}\n{path or '/'}\n{body}".encode()).hexdigest()
