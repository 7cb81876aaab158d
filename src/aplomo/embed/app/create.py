"""The ASGI app: served by `aplomo serve`, or mounted in an app of yours."""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aplomo.embed.app.endpoints import Endpoints
from aplomo.embed.app.openapi import openapi
from aplomo.embed.app.problems import (
    Refused,
    answer_error,
    answer_http_error,
    answer_refusal,
    unexpected,
)
from aplomo.embed.app.service import Limits, Service
from aplomo.embed.app.tokens import Tokens
from aplomo.embed.outbox import Outbox
from aplomo.embed.worker import Worker
from aplomo.errors import AplomoError

__all__ = ["create_app"]

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


def create_app(
    outbox: Outbox,
    *,
    tokens: Tokens,
    hooks: Collection[str] = (),
    limits: Limits | None = None,
    worker: Worker | None = None,
) -> Starlette:
    """The app on `outbox`: `hooks` are the adapters whose webhooks are taken.

    `worker` is started and stopped with the app; without one, a task engine of yours calls
    `outbox.process`. Mounted in another app, this app's lifespan is yours to run:
    `async with app.router.lifespan_context(app)`.
    """
    service = Service(
        outbox=outbox,
        tokens=tokens,
        hooks=frozenset(hooks),
        limits=limits or Limits(),
        worker=worker,
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        service.start()
        try:
            yield
        finally:
            # Blocking on purpose of order, not of the loop: requests in hand end meanwhile.
            await anyio.to_thread.run_sync(service.stop)

    return Starlette(
        routes=_routes(Endpoints(service)),
        middleware=[Middleware(_Guard)],
        exception_handlers={
            Refused: answer_refusal,
            HTTPException: answer_http_error,
            AplomoError: answer_error,
        },
        lifespan=lifespan,
    )


def _routes(endpoints: Endpoints) -> list[Route]:
    post, get = partial(Route, methods=["POST"]), partial(Route, methods=["GET"])
    return [
        post("/hooks/{adapter}", endpoints.hook),
        post("/v1/draft", endpoints.draft),
        get("/v1/decisions/{id}", endpoints.decision),
        get("/v1/drafts/{key}", endpoints.waiting),
        post("/v1/drafts/{key}/approve", endpoints.approve),
        post("/v1/drafts/{key}/reject", endpoints.reject),
        get("/healthz", endpoints.health),
        get("/readyz", endpoints.ready),
        get("/openapi.json", _document()),
    ]


def _document() -> Callable[[Request], Any]:
    content = openapi()

    async def document(request: Request) -> Response:
        return JSONResponse(content)

    return document


class _Guard:
    """Around everything: security headers on every answer, and no traceback in any."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        try:
            await self.app(scope, receive, guarded)
        except Exception as error:
            response = unexpected(error)
            if started:
                raise
            await response(scope, receive, guarded)
