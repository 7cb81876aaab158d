"""The misbehaving server, a client of it, and a request."""

from collections.abc import Iterator

import pytest

from aplomo.llm.openai_compatible import OpenAICompatible
from aplomo.llm.port import Message, Request
from misbehaving import Misbehaving


@pytest.fixture
def model(server: Misbehaving) -> Iterator[OpenAICompatible]:
    """A client of `server`."""
    with OpenAICompatible(model="m", base_url=server.url, api_key="sk-very-secret") as client:
        yield client


@pytest.fixture
def request_() -> Request:
    """A request for JSON with log-probabilities."""
    schema = {"type": "object", "properties": {"a": {"enum": ["yes", "no"]}}, "required": ["a"]}
    messages = (Message(role="system", content="s"), Message(role="user", content="u"))
    return Request(purpose="answer:1", messages=messages, schema=schema, top_logprobs=3)
