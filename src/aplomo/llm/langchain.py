"""Any LangChain chat model as a model of the port.

The prompt states the answer's form, so nothing more is needed of a chat model; those built on
OpenAI's API are also given the schema and asked for log-probabilities.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aplomo.errors import BadCompletion, ModelError, ModelRejected, ModelUnavailable
from aplomo.llm.failures import from_status, one_line
from aplomo.llm.port import Completion, Request
from aplomo.llm.reading import RawAnswer, completion_from
from aplomo.llm.settings import Structured
from aplomo.llm.structured import response_format

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

__all__ = ["LangChainModel"]

T = TypeVar("T")

_OPENAI_BASES = frozenset({"BaseChatOpenAI", "ChatOpenAI"})
_NAMES = ("model_name", "model", "model_id", "deployment_name")
_TRANSIENT = ("timeout", "connect", "ratelimit", "overloaded", "unavailable", "internalserver")


class LangChainModel:
    """A model reached through a LangChain chat model, whose own retries should be off.

    Temperature and token limit are the chat model's own, unless it is built on OpenAI's API.
    """

    def __init__(self, chat: "BaseChatModel", *, structured: Structured = "json_schema") -> None:
        self._chat = chat
        self._structured: Structured = structured

    @property
    def name(self) -> str:
        """The chat model's own model name, or its class's."""
        names = (getattr(self._chat, attribute, None) for attribute in _NAMES)
        return next((n for n in names if isinstance(n, str) and n), type(self._chat).__name__)

    @property
    def host(self) -> str:
        """The word langchain: which endpoint it reaches is the chat model's own business."""
        return "langchain"

    def complete(self, request: Request, *, timeout: float) -> Completion:
        """Answer `request` within `timeout` seconds; an answer that comes later is dropped."""
        messages, options = _messages(request), self._options(request)
        try:
            message = _within(timeout, lambda: self._chat.invoke(messages, **options))
        except Exception as error:
            raise _failure(error, timeout) from None
        return _read(message, request)

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        """The async twin of `complete`."""
        messages, options = _messages(request), self._options(request)
        try:
            async with asyncio.timeout(timeout):
                message = await self._chat.ainvoke(messages, **options)
        except Exception as error:
            raise _failure(error, timeout) from None
        return _read(message, request)

    def _options(self, request: Request) -> dict[str, Any]:
        if not _OPENAI_BASES & {base.__name__ for base in type(self._chat).__mro__}:
            return {}
        options: dict[str, Any] = {
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
        }
        if request.schema is not None and self._structured == "json_schema":
            options["response_format"] = response_format(request.schema)
        if request.top_logprobs:
            options |= {"logprobs": True, "top_logprobs": request.top_logprobs}
        return options


def _messages(request: Request) -> list[tuple[str, str]]:
    if request.state:
        raise ModelRejected("a LangChain chat model does not tell its state", where="langchain")
    return [(message.role, message.content) for message in request.messages]


def _read(message: "BaseMessage", request: Request) -> Completion:
    metadata: dict[str, Any] = message.response_metadata
    extra: dict[str, Any] = message.additional_kwargs
    usage: dict[str, Any] = dict(getattr(message, "usage_metadata", None) or {})
    finish = metadata.get("finish_reason") or metadata.get("stop_reason")
    answer = RawAnswer(
        text=str(message.text),
        finish=finish if isinstance(finish, str) else None,
        refusal=str(extra["refusal"]) if extra.get("refusal") else None,
        logprobs=metadata.get("logprobs"),
        spent=(int(usage.get("input_tokens", 0)), int(usage.get("output_tokens", 0))),
    )
    return completion_from(answer, structured=request.schema is not None, where="langchain")


def _within(timeout: float, work: Callable[[], T]) -> T:
    """Run `work` in a daemon thread, which is left behind when it takes longer than `timeout`."""
    future: Future[T] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            future.set_result(context.run(work))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="aplomo-langchain", daemon=True).start()
    return future.result(timeout)


def _failure(error: Exception, timeout: float) -> ModelError:
    """The error of the tree for whatever a provider's package raised, judged by what it shows."""
    if isinstance(error, ModelError):
        return error
    if isinstance(error, TimeoutError):
        return ModelUnavailable(f"no answer within {timeout:.0f} s", where="langchain")
    names = "".join(base.__name__ for base in type(error).__mro__).lower()
    detail = one_line(f"{type(error).__name__}: {error}")
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    if isinstance(status, int):
        headers = cast("Mapping[str, str]", getattr(response, "headers", None) or {})
        return from_status(status, detail, headers=headers, where="langchain")
    if "outputparser" in names or "jsondecode" in names:
        return BadCompletion(detail, where="langchain")
    if any(word in names for word in _TRANSIENT):
        return ModelUnavailable(detail, where="langchain")
    return ModelRejected(detail, where="langchain", hint="the chat model itself failed")
