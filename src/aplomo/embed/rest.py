"""JSON over HTTP to a support tool: what each failure says about whether a write took."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any
from weakref import finalize

import httpx2

from aplomo.errors import (
    DeliveryRefused,
    DeliveryUnknown,
    MessageGone,
    ToolError,
    ToolUnavailable,
)

__all__ = ["Rest", "number_id"]

# Nothing has been handed over when these are raised.
_BEFORE = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
)


class Rest:
    """One JSON API behind `base`; thread-safe. Redirects are never followed: `base` is the tool.

    `timeout` is in seconds.
    """

    def __init__(
        self,
        base: str,
        *,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 20,
    ) -> None:
        self.base = base.rstrip("/")
        self._client = httpx2.Client(
            auth=auth, headers={"accept": "application/json", **(headers or {})}, timeout=timeout
        )
        finalize(self, self._client.close)  # its connections end with it

    def read(self, path: str, **query: str | int) -> Any:
        """The JSON at `path`. Raises MessageGone (404), else ToolUnavailable."""
        return self.ask("GET", path, query=query)

    def ask(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, json: Any = None
    ) -> Any:
        """The JSON answer to a question, whatever its method. Raises as `read` does."""
        try:
            response = self._client.request(method, f"{self.base}/{path}", params=query, json=json)
        except httpx2.HTTPError as error:
            raise self._unavailable(f"cannot be reached: {error!r}") from error
        if response.status_code == 404:
            raise MessageGone(f"{path} is not there", where=self.base)
        if response.status_code != 200:
            raise self._unavailable(_told(response), response)
        return self._json(response, ToolUnavailable)

    def write(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Any:
        """Write once: JSON, or a form with files (name, content, type).

        Raises DeliveryUnknown when it may have taken, else what says that it has not.
        """
        try:
            response = self._client.request(
                method, f"{self.base}/{path}", json=json, data=data, files=files
            )
        except _BEFORE as error:
            raise self._unavailable(f"cannot be reached: {error!r}") from error
        except httpx2.HTTPError as error:
            raise DeliveryUnknown(f"broke off while writing: {error!r}", where=self.base) from error
        status = response.status_code
        if status == 404:
            raise MessageGone(f"{path} is not there", where=self.base)
        if status == 429:
            raise self._unavailable(_told(response), response)
        if status >= 500 or status < 200:
            raise DeliveryUnknown(_told(response), where=self.base)
        if status >= 300:
            raise DeliveryRefused(_told(response), where=self.base)
        return self._json(response, DeliveryUnknown) if response.content else None

    def _json(self, response: httpx2.Response, error: type[ToolError]) -> Any:
        try:
            return response.json()
        except ValueError:
            raise error(
                f"answers with something else than JSON ({_told(response)})", where=self.base
            ) from None

    def _unavailable(
        self, message: str, response: httpx2.Response | None = None
    ) -> ToolUnavailable:
        after = _retry_after(response.headers.get("retry-after", "")) if response else None
        hint = None
        if response is not None and response.status_code in (401, 403):
            hint = "check the credential and its rights"
        return ToolUnavailable(message, retry_after=after, where=self.base, hint=hint)


def number_id(text: str) -> str:
    """`text` when it is a number, as ids in paths must be. Raises MessageGone: nothing else is."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise MessageGone(f"{text[:40]!r} is no id of this tool")
    return text


def _told(response: httpx2.Response) -> str:
    return f"HTTP {response.status_code}: {' '.join(response.text[:200].split())}"


def _retry_after(value: str) -> float | None:
    """Seconds to wait, from a number or a date."""
    if re.fullmatch(r"[0-9]{1,6}", value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except ValueError:
        return None
