import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel, FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from aplomo.errors import BadCompletion, ModelError, ModelRejected, ModelUnavailable
from aplomo.llm.langchain import LangChainModel
from aplomo.llm.port import Completion, Request


def sync_ask(model: LangChainModel, request: Request) -> Completion:
    return model.complete(request, timeout=5)


def async_ask(model: LangChainModel, request: Request) -> Completion:
    return asyncio.run(model.acomplete(request, timeout=5))


Ask = Callable[[LangChainModel, Request], Completion]


@pytest.fixture(params=[sync_ask, async_ask], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param


def saying(*messages: AIMessage) -> LangChainModel:
    return LangChainModel(GenericFakeChatModel(messages=iter(messages)))


class Raising(BaseChatModel):
    """Raises what it holds; keeps the options it was called with."""

    error: Any = None
    seen: list[dict[str, Any]] = []  # noqa: RUF012  a pydantic field

    @property
    def _llm_type(self) -> str:
        return "raising"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self.seen.append(kwargs)
        if self.error is not None:
            raise self.error
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content="{}"))])


class ChatOpenAI(Raising):
    """Stands for the class of that name."""

    model_name: str = "gpt-x"


def test_a_text_in_a_fence(request_: Request, ask: Ask):
    model = LangChainModel(FakeListChatModel(responses=['```json\n{"a":"yes"}\n```']))
    completion = ask(model, request_)
    assert (completion.text, completion.tokens) == ('{"a":"yes"}', ())
    assert completion.usage.calls == 1
    assert (model.name, model.host) == ("FakeListChatModel", "langchain")


def test_tokens_and_usage_where_the_message_has_them(request_: Request, ask: Ask):
    logprobs: dict[str, Any] = {"content": [{"token": "no", "logprob": -0.1, "top_logprobs": []}]}
    message = AIMessage(
        content=[{"type": "text", "text": "no"}],
        response_metadata={"logprobs": logprobs, "finish_reason": "stop"},
        usage_metadata={"input_tokens": 3, "output_tokens": 1, "total_tokens": 4},
    )
    completion = ask(saying(message), request_)
    assert completion.tokens[0].alternatives == {"no": -0.1}
    assert (completion.usage.input_tokens, completion.usage.output_tokens) == (3, 1)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (AIMessage(content=""), "no text"),
        (AIMessage(content="x", response_metadata={"finish_reason": "length"}), "cut"),
        (AIMessage(content="x", response_metadata={"stop_reason": "max_tokens"}), "cut"),
        (AIMessage(content="x", additional_kwargs={"refusal": "I will not"}), "I will not"),
    ],
)
def test_unusable_answers(request_: Request, message: AIMessage, why: str):
    with pytest.raises(BadCompletion, match=why):
        sync_ask(saying(message), request_)


class RateLimitError(Exception):
    pass


class WithStatus(Exception):
    def __init__(self, status: int) -> None:
        super().__init__("from the provider")
        self.status_code = status
        self.response = type("R", (), {"headers": {"Retry-After": "4"}, "status_code": status})()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RateLimitError("slow"), ModelUnavailable),
        (ConnectionResetError("gone"), ModelUnavailable),
        (WithStatus(429), ModelUnavailable),
        (WithStatus(503), ModelUnavailable),
        (WithStatus(401), ModelRejected),
        (KeyError("x"), ModelRejected),
        (BadCompletion("ours"), BadCompletion),
    ],
)
def test_whatever_a_provider_raises_is_a_model_error(
    request_: Request, ask: Ask, error: Exception, kind: type[ModelError]
):
    with pytest.raises(kind) as caught:
        ask(LangChainModel(Raising(error=error)), request_)
    if isinstance(error, WithStatus) and error.status_code == 429:
        assert isinstance(caught.value, ModelUnavailable)
        assert caught.value.retry_after == 4


@pytest.fixture
def stuck() -> Iterator[LangChainModel]:
    released = threading.Event()

    class Stuck(Raising):
        def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
            released.wait(10)
            return super()._generate(*args, **kwargs)

    yield LangChainModel(Stuck())
    released.set()


def test_a_chat_model_that_never_answers(request_: Request, stuck: LangChainModel):
    with pytest.raises(ModelUnavailable, match="no answer within"):
        stuck.complete(request_, timeout=0.05)


def test_only_models_of_openai_are_given_the_schema(request_: Request):
    other, openai = Raising(), ChatOpenAI()
    LangChainModel(other).complete(request_, timeout=5)
    LangChainModel(openai).complete(request_, timeout=5)
    assert other.seen == [{}]
    assert openai.seen[0]["response_format"]["json_schema"]["schema"] == request_.schema
    assert (openai.seen[0]["top_logprobs"], openai.seen[0]["temperature"]) == (3, 0.0)
    assert LangChainModel(openai).name == "gpt-x"
