"""What identifies a request: its method, its path and its JSON body, written one way only.

The host and the headers are out (they differ by machine), the order of keys too (it differs by SDK
version), and so are hints of transport that change no answer.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic_core import from_json

__all__ = ["HINTS", "SHORT", "body_parts", "canonical", "key_of"]

HINTS = frozenset({"id_slot", "cache_prompt"})
"""Fields of a body that only tell the embedded model's server where its cache is."""

SHORT = 16
"""Hexadecimal digits of a key that are enough to name it."""


def canonical(body: bytes | str | None) -> str:
    """The one text of a request body: sorted JSON without hints; as it is when it is not JSON."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    try:
        value = _parsed(text)
    except ValueError:
        return text
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        value = {name: fields[name] for name in fields.keys() - HINTS}
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _parsed(text: str) -> Any:
    """The value of JSON, by the fast parser that pydantic brings; it refuses half a character."""
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)


def key_of(method: str, path: str, body: str) -> str:
    """The key of a request whose `body` is canonical: a SHA-256, in hexadecimal."""
    return hashlib.sha256(f"{method.upper()}\n{path or '/'}\n{body}".encode()).hexdigest()


def body_parts(body: str) -> Iterator[tuple[str, str]]:
    """Every message and every other field of a request body, as a name and a text."""
    try:
        data = json.loads(body)
    except ValueError:
        data = None
    fields = cast("Mapping[str, Any]", data) if isinstance(data, dict) else {"body": body}
    listed: Any = fields.get("messages")
    messages = cast("list[Any]", listed) if isinstance(listed, list) else []
    for number, message in enumerate(messages, start=1):
        entry = cast("Mapping[str, Any]", message if isinstance(message, dict) else {})
        role, content = entry.get("role", "?"), entry.get("content")
        yield f"message {number} ({role})", content if isinstance(content, str) else repr(content)
    for name, value in fields.items():
        if name != "messages":
            yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
