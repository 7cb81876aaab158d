"""Any endpoint that speaks OpenAI's chat completions (and embeddings), through the `openai` SDK.

Sync and async calls share one client on a background loop: one way to ask, and a time-out that
bounds the whole call, which per-read time-outs do not when a server drips its answer.
"""

import asyncio
import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aplomo.errors import BadCompletion, ModelError, ModelRejected, ModelUnavailable
from aplomo.llm.background import Background, Inline
from aplomo.llm.failures import from_status, one_line, told_in
from aplomo.llm.port import Completion, Request
from aplomo.llm.reading import read_body, read_state
from aplomo.llm.settings import OPENAI_URL, Structured
from aplomo.llm.structured import response_format
from aplomo.loopback import LOOPBACK

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

__all__ = ["OpenAICompatible"]

MAX_BODY = 4_000_000  # bytes; an honest answer with all its log-probabilities is far smaller
MAX_ALTERNATIVES = 20
# What some models refuse ("this model does not support temperature"), and what to send instead.
_OPTIONAL = frozenset({"temperature", "logprobs", "top_logprobs", "response_format", "max_tokens"})

Extra = Callable[[Request], Mapping[str, Any]]
"""What a server understands beyond OpenAI's fields, per request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engine:
    background: Background | Inline
    client: "AsyncOpenAI"
    turns: AbstractAsyncContextManager[None]

    def close(self) -> None:
        if self.background.alive:
            self.background.run(self.client.close())
            self.background.close()


class OpenAICompatible:
    """A model behind an OpenAI-compatible endpoint; the implementation of the port for most.

    Thread-safe; nothing is opened before the first call. `close` frees the connections and may be
    followed by further calls. At most `at_once` requests are in flight; the time-out counts the
    wait for a turn. `refused` are parameters that the model is known not to take. `inline` is for
    answers that nobody waits for, as in a replay: the caller's thread does all, and takes no turn.
    """

    def __init__(
        self,
        *,
        model: str,
        base_url: str | None = None,
        api_key: str | None = None,
        structured: Structured = "json_schema",
        extra: Extra | None = None,
        at_once: int = 64,
        refused: frozenset[str] = frozenset(),
        inline: bool = False,
    ) -> None:
        self._model = model
        self._base_url = base_url or OPENAI_URL
        self._key = api_key or ""
        self._structured: Structured = structured
        self._extra = extra
        self._at_once = at_once
        self._refused = refused
        self._inline = inline
        self._lock = threading.Lock()
        self._engine: _Engine | None = None
        self._finalizer: weakref.finalize[..., Any] | None = None

    @property
    def name(self) -> str:
        """The model's name, as the endpoint knows it."""
        return self._model

    @property
    def host(self) -> str:
        """Host name of the endpoint."""
        return urlsplit(self._base_url).hostname or ""

    @property
    def refused(self) -> frozenset[str]:
        """The optional parameters that the model does not take, as far as it has said."""
        return self._refused

    def complete(self, request: Request, *, timeout: float) -> Completion:
        """Answer `request` within `timeout` seconds, connecting included."""
        engine = self._ready()
        return engine.background.run(self._ask(engine, request, timeout))

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        """The async twin of `complete`, usable from any event loop."""
        engine = self._ready()
        return await engine.background.arun(self._ask(engine, request, timeout))

    def close(self) -> None:
        """Cancel what runs and close the connections."""
        with self._lock:
            finalizer, self._engine, self._finalizer = self._finalizer, None, None
        if finalizer is not None:
            finalizer()

    def __enter__(self) -> "OpenAICompatible":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ready(self) -> _Engine:
        with self._lock:
            if self._engine is None or not self._engine.background.alive:
                self._engine = self._open()
                self._finalizer = weakref.finalize(self, self._engine.close)
            return self._engine

    def _open(self) -> _Engine:
        if not self._key and self._base_url == OPENAI_URL:
            raise _unreached(
                ModelRejected(
                    "no API key for the OpenAI endpoint",
                    where=self.host,
                    hint="set APLOMO_API_KEY, or name another endpoint with --base-url",
                )
            )
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        # Proxies and netrc are for the outside world; nothing on this machine needs them.
        http_client = DefaultAsyncHttpxClient(trust_env=self.host not in LOOPBACK)
        client = AsyncOpenAI(
            api_key=self._key or "none",
            base_url=self._base_url,
            max_retries=0,
            http_client=http_client,
        )
        return _Engine(
            background=Inline() if self._inline else Background("aplomo-model"),
            client=client,
            turns=nullcontext() if self._inline else asyncio.Semaphore(self._at_once),
        )

    async def _ask(self, engine: _Engine, request: Request, timeout: float) -> Completion:
        try:
            async with asyncio.timeout(timeout), engine.turns:
                # Longer than the whole call may last, so that only the whole is timed.
                data = await self._fetch(self._sent(engine.client, request, timeout + 1))
        except ModelError:
            raise
        except Exception as error:
            raise self._failure(error, timeout) from None
        if request.state:
            return read_state(data, where=self.host)
        return read_body(data, structured=request.schema is not None, where=self.host)

    async def _fetch(self, sent: AbstractAsyncContextManager[Any]) -> bytes:
        data = bytearray()
        async with sent as response:
            async for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MAX_BODY:
                    raise BadCompletion(f"the answer passes {MAX_BODY:,} bytes", where=self.host)
        return bytes(data)

    def _sent(
        self, client: "AsyncOpenAI", request: Request, timeout: float
    ) -> AbstractAsyncContextManager[Any]:
        from openai import omit

        embed: Any = client.embeddings.with_streaming_response.create
        complete: Any = client.chat.completions.with_streaming_response.create
        if request.state:
            text = request.messages[0].content
            return embed(model=self._model, input=text, encoding_format="base64", timeout=timeout)
        # As extra fields, which are sent as they are: the others the SDK checks against its types,
        # item by item, which for a prompt of many messages takes longer than all else it does.
        body = self._body(request)
        return complete(model=omit, messages=omit, extra_body=body, timeout=timeout)

    def _body(self, request: Request) -> dict[str, Any]:
        """The body of the HTTP request, without what this model has refused."""
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
        }
        if request.top_logprobs:
            body["logprobs"] = True
            body["top_logprobs"] = min(request.top_logprobs, MAX_ALTERNATIVES)
        if request.schema is not None and self._structured == "json_schema":
            body["response_format"] = response_format(request.schema)
        elif request.schema is not None and self._structured == "json_object":
            body["response_format"] = {"type": "json_object"}
        if self._extra is not None:
            body |= self._extra(request)
        if "max_tokens" in self._refused:
            body["max_completion_tokens"] = body["max_tokens"]
        if "logprobs" in self._refused:
            body.pop("top_logprobs", None)
        return {name: value for name, value in body.items() if name not in self._refused}

    def _failure(self, error: Exception, timeout: float) -> ModelError:
        """The error of the tree for whatever the SDK or the transport raised."""
        import openai

        if isinstance(error, openai.APIStatusError):
            return self._refusal(error)
        if isinstance(error, TimeoutError):
            return ModelUnavailable(f"no answer within {timeout:.0f} s", where=self.host)
        cause = error.__cause__ or error
        detail = self._say(str(cause)) or type(cause).__name__
        if type(cause).__name__ in {"ConnectError", "UnsupportedProtocol", "ProxyError"}:
            return _unreached(
                ModelUnavailable(
                    f"cannot connect: {detail}",
                    where=self.host,
                    hint="is the server running, and the base URL right?",
                )
            )
        return ModelUnavailable(f"the connection broke: {detail}", where=self.host)

    def _refusal(self, error: "APIStatusError") -> ModelError:
        if error.status_code == 400 and error.param in _OPTIONAL - self._refused:
            self._refused |= {error.param}
            return ModelUnavailable(
                f"the model does not take '{error.param}'; asking without it",
                retry_after=0.0,
                where=self.host,
            )
        return from_status(
            error.status_code,
            self._say(told_in(error.body, error.message)),
            headers=error.response.headers,
            where=self.host,
            code=error.code,
        )

    def _say(self, text: str) -> str:
        """A server's words, with nothing of the key or of a password in the base URL."""
        password = urlsplit(self._base_url).password
        return one_line(text, secrets=tuple(s for s in (self._key, password) if s))


def _unreached(error: ModelError) -> ModelError:
    error.reached = False
    return error
