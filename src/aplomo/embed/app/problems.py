"""Errors as answers: `application/problem+json` (RFC 9457), with the hint and never a traceback."""

import logging
import math
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aplomo.errors import (
    AplomoError,
    InputError,
    MessageGone,
    SendRefused,
    SignatureRefused,
    StoreError,
    UsageError,
)

__all__ = ["Refused", "answer_error", "answer_http_error", "answer_refusal", "problem"]

_log = logging.getLogger("aplomo.serve")

_STATUS: tuple[tuple[type[AplomoError], int], ...] = (
    (SignatureRefused, 401),
    (InputError, 400),
    (UsageError, 422),
    (MessageGone, 410),
    (SendRefused, 409),
    (StoreError, 503),
)
_RETRY = {"Retry-After": "5"}


class Refused(Exception):
    """A request that is refused before any work is done."""

    def __init__(
        self, status: int, detail: str, *, hint: str | None = None, wait: float | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.hint = hint
        self.headers: dict[str, str] = {}
        if wait is not None:
            self.headers["Retry-After"] = str(max(1, math.ceil(wait)))
        if status == 401:
            self.headers["WWW-Authenticate"] = 'Bearer realm="aplomo"'


def problem(
    status: int,
    detail: str,
    *,
    hint: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to what went wrong."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    content |= {name: value for name, value in (("hint", hint), ("code", code)) if value}
    media = "application/problem+json"
    return JSONResponse(content, status, headers=dict(headers or {}), media_type=media)


def answer_refusal(request: Request, error: Exception) -> Response:
    """For Refused."""
    assert isinstance(error, Refused)
    return problem(error.status, error.detail, hint=error.hint, headers=error.headers)


def answer_http_error(request: Request, error: Exception) -> Response:
    """For what the framework refuses: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, headers=error.headers)


def answer_error(request: Request, error: Exception) -> Response:
    """For an error of the tree. Errors of ours (settings, a model, the store) name no place."""
    assert isinstance(error, AplomoError)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if status is None or status >= 500:
        return unexpected(error, status or 500)
    return problem(status, str(error), hint=error.hint, code=error.code)


def unexpected(error: BaseException, status: int = 500) -> Response:
    """For what should not happen: the answer has a number, the log what the number stands for."""
    number = uuid.uuid4().hex[:12]
    _log.error("incident %s", number, exc_info=error)
    detail = "the store cannot be used now" if status == 503 else "this should not have happened"
    headers = _RETRY if status == 503 else {}
    return problem(status, detail, hint=f"incident {number} in the server's log", headers=headers)
