"""What must never be in a recording: keys, tokens, cookies, e-mail addresses."""

import json
import re
from collections.abc import Collection, Iterable, Iterator

from aplomo.evals.recording.key import SHORT, body_parts
from aplomo.evals.recording.tape import Recording

__all__ = ["find_secrets"]

_PATTERNS = {
    "an API key": r"\b(?:sk|pk|rk|gsk|xai)-[\w-]{16,}|\bAIza[\w-]{30,}|\bAKIA[A-Z0-9]{16}\b"
    r"|\bgh[pousr]_\w{30,}|\bhf_[A-Za-z]{30,}|\bxox[abp]-[\w-]{10,}",
    "a JWT": r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",
    "a bearer token": r"(?i)\bbearer\s+(?=\S*\d)[\w.~+/-]{16,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a cookie": r"(?i)\bset-cookie\b",
    "an account header": r"(?i)\bopenai-(?:organization|project)\b|\bx-api-key\b|\bauthorization\"",
    "an e-mail address": r"\b[\w.+-]+@(?!(?:[\w-]+\.)*(?:example|invalid|test|localhost)\b)"
    r"(?![\w.-]*\bexample\.(?:com|org|net|es)\b)[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b",
}
_COMPILED = {what: re.compile(pattern) for what, pattern in _PATTERNS.items()}


def find_secrets(recordings: Iterable[Recording], allowed: Collection[str] = ()) -> Iterator[str]:
    """One line for each secret in each recording, showing only how it begins.

    `allowed` are exact texts that a person has looked at: they are not secret.
    """
    clean: set[str] = set()  # most of a request stands in every other one too
    for one in recordings:
        found: set[tuple[str, str]] = set()
        for text in _texts(one):
            if text in clean:
                continue
            here = set(_secrets_in(text))
            found |= here
            if not here:
                clean.add(text)
        for what, secret in sorted(found):
            if secret not in allowed:
                yield f"recording {one.key[:SHORT]} holds {what}: {secret[:4]}…"


def _texts(one: Recording) -> Iterator[str]:
    yield one.path
    for name, text in body_parts(one.body):
        yield f'"{name}": {text}'
    yield json.dumps(one.response["headers"])
    yield str(one.response["body"]["string"])


def _secrets_in(text: str) -> Iterator[tuple[str, str]]:
    for what, pattern in _COMPILED.items():
        for match in pattern.finditer(text):
            yield what, match[0]
