"""The misbehaving server, a client of it, and a request."""

import threading
from collections.abc import Iterator

import pytest
from misbehaving import Handler, Misbehaving, Server

from aplomo.llm.openai_compatible import OpenAICompatible
from aplomo.llm.port import Message, Request


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    """A server that says hello until given a script."""
    misbehaving = Misbehaving()
    misbehaving.script = [misbehaving.says()]
    http = Server(("127.0.0.1", 0), Handler)
    http.misbehaving = misbehaving
    misbehaving.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield misbehaving
    misbehaving.released.set()
    http.shutdown()
    thread.join()
    http.server_close()


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
