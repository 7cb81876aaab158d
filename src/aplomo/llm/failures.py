"""How an endpoint's refusals and failures become Aplomo's errors."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from aplomo.errors import ModelError, ModelRejected, ModelUnavailable

__all__ = ["from_status", "one_line", "retry_after", "told_in"]

MAX_DETAIL = 300  # characters of a server's own words that are worth showing

_TRANSIENT = frozenset({408, 409, 425, 429})
_KEY_HINT = "check the API key: APLOMO_API_KEY, or OPENAI_API_KEY"
_HINTS = {
    401: _KEY_HINT,
    403: _KEY_HINT,
    402: "the account behind the API key has no credit left",
    404: "check the model name, and that the base URL ends as the server wants, often in /v1",
    400: "if the server knows no JSON schemas, set structured to json_object or none",
    422: "if the server knows no JSON schemas, set structured to json_object or none",
}
# OpenAI answers 429 to an empty account too, where waiting does not help.
_NO_CREDIT = "insufficient_quota"


def from_status(
    status: int, detail: str, *, headers: Mapping[str, str], where: str, code: str | None = None
) -> ModelError:
    """The error for HTTP `status`; `detail` is what the server said, `code` its own error code."""
    message = f"HTTP {status}: {detail}" if detail else f"HTTP {status}"
    if code == _NO_CREDIT:
        return ModelRejected(message, where=where, hint=_HINTS[402])
    if status in _TRANSIENT or status >= 500:
        return ModelUnavailable(message, retry_after=retry_after(headers), where=where)
    return ModelRejected(message, where=where, hint=_HINTS.get(status))


def told_in(body: object, otherwise: str) -> str:
    """What the server said in an error's `body`, else `otherwise`; nothing of a web page."""
    if isinstance(body, dict) and (message := cast("dict[str, Any]", body).get("message")):
        return str(message)
    text = str(cast("object", body) or otherwise)
    return "" if text.lstrip().startswith("<") else text


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait before asking again, from `retry-after-ms` or `retry-after`, if given."""
    lowered = {name.lower(): value.strip() for name, value in headers.items()}
    milliseconds = _number(lowered.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = lowered.get("retry-after", "")
    seconds = _number(value)
    return seconds if seconds is not None else _until(value)


def one_line(text: str, *, secrets: tuple[str, ...] = ()) -> str:
    """`text` on one line, bounded, with every secret blotted out."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= MAX_DETAIL else text[: MAX_DETAIL - 1] + "…"


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text) else None


def _until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
