"""What every endpoint works with, and the limits it keeps."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.requests import Request

from aplomo.embed.app.problems import Refused
from aplomo.embed.app.rates import Buckets
from aplomo.embed.app.tokens import Scope, Token, Tokens
from aplomo.embed.outbox import Outbox
from aplomo.embed.worker import Worker

__all__ = ["Limits", "Service"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one caller may take.

    `body` is in bytes. Rates are a source's (an address) or a token's; half a minute's worth may
    come at once. `refusals_per_minute` counts a source's calls without a right signature or token.
    For `/v1/draft`, `drafting` comments are worked on at a time, and `waiting` more may wait.
    """

    body: int = 1024 * 1024
    hooks_per_second: float = 500.0
    calls_per_minute: float = 300.0
    refusals_per_minute: float = 60.0
    drafting: int = 2
    waiting: int = 16


@dataclass(kw_only=True)
class Service:
    """The outbox, who may ask, and how much. Its methods run on the event loop's thread."""

    outbox: Outbox
    tokens: Tokens
    hooks: Collection[str]
    limits: Limits = field(default_factory=Limits)
    worker: Worker | None = None

    def __post_init__(self) -> None:
        limits = self.limits
        self._sources = Buckets(rate=limits.hooks_per_second, burst=limits.hooks_per_second * 30)
        self._callers = Buckets(
            rate=limits.calls_per_minute / 60, burst=limits.calls_per_minute / 2
        )
        most = limits.refusals_per_minute
        self._refused = Buckets(rate=most / 60, burst=most / 2)
        # Hooks are stored one after another: side by side they would only wait for the database.
        self._intake = ThreadPoolExecutor(1, "aplomo-intake")
        self._drafting = ThreadPoolExecutor(limits.drafting, "aplomo-draft")
        self._in_hand = 0

    # Who may ask.

    def admit_hook(self, request: Request) -> None:
        """Raises Refused when the source has called too often, or was refused too often."""
        source = _source(request)
        if (wait := self._sources.wait(source) or self._refused.empty(source)) > 0:
            raise Refused(429, "too many calls from this address", wait=wait)

    def admit(self, request: Request, scope: Scope) -> Token:
        """The caller's token. Raises Refused: 401 without one, 403 without `scope`, 429."""
        source = _source(request)
        if (wait := self._refused.empty(source)) > 0:
            raise Refused(429, "too many refused calls from this address", wait=wait)
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        token = self.tokens.find(text.strip()) if kind.lower() == "bearer" else None
        if token is None:
            self.refused(request)
            hint = "Authorization: Bearer TOKEN (aplomo serve token new)"
            raise Refused(401, "no valid token", hint=hint)
        if scope not in token.scopes:
            raise Refused(403, f"the token has no scope '{scope}'", hint="make one that has it")
        if (wait := self._callers.wait(token.id)) > 0:
            raise Refused(429, "too many calls with this token", wait=wait)
        return token

    def refused(self, request: Request) -> None:
        """Count a call without a right signature or token against its source."""
        self._refused.wait(_source(request))

    async def body(self, request: Request) -> bytes:
        """The raw body. Raises Refused as soon as it is known to be too long."""
        most = self.limits.body
        too_long = Refused(413, "the body is too long", hint=f"at most {most} bytes")
        declared = request.headers.get("content-length", "0")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > most:
            raise too_long
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise too_long
        return bytes(body)

    # The work, off the event loop: it must stay free to answer hooks.

    async def take(self, name: str, headers: dict[str, str], raw: bytes) -> list[str]:
        """Verify and store one hook call; the new event ids."""
        loop = asyncio.get_running_loop()
        new = await loop.run_in_executor(self._intake, self.outbox.receive, name, headers, raw)
        if new and self.worker is not None:
            self.worker.wake()
        return new

    async def draft(self, work: Callable[[], T]) -> T:
        """Draft something now. Raises Refused when too much waits already."""
        limits = self.limits
        if self._in_hand >= limits.drafting + limits.waiting:
            raise Refused(503, "too many comments wait to be drafted", wait=5)
        self._in_hand += 1
        future = self._drafting.submit(work)
        future.add_done_callback(_on_loop(asyncio.get_running_loop(), self._finished))
        return await asyncio.wrap_future(future)

    def _finished(self) -> None:
        self._in_hand -= 1

    # From start to end.

    def start(self) -> None:
        """Start working on what comes in."""
        if self.worker is not None:
            self.worker.start()

    def stop(self, timeout: float = 30.0) -> None:
        """End gracefully: what is in hand is finished, what is stored waits for the next start."""
        self._drafting.shutdown(wait=True, cancel_futures=True)
        self._intake.shutdown(wait=True)
        if self.worker is not None:
            self.worker.stop(timeout)

    def ready(self) -> bool:
        """Whether the store can be read. Blocks."""
        self.outbox.store.ledger.entries(["drafted"], limit=1)
        return True


def _on_loop(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> Callable[..., None]:
    """A callback for a thread's future that runs `call` on the loop, if there still is one."""

    def done(*_: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(call)

    return done


def _source(request: Request) -> str:
    return request.client.host if request.client else ""
