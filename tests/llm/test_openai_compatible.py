import asyncio
import base64
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from aplomo.errors import BadCompletion, ModelRejected, ModelUnavailable
from aplomo.llm.openai_compatible import OpenAICompatible
from aplomo.llm.port import Completion, Request, Usage
from misbehaving import Misbehaving, Reply

Ask = Callable[..., Completion]


def asked_sync(model: OpenAICompatible, request: Request, timeout: float = 5) -> Completion:
    return model.complete(request, timeout=timeout)


def asked_async(model: OpenAICompatible, request: Request, timeout: float = 5) -> Completion:
    return asyncio.run(model.acomplete(request, timeout=timeout))


@pytest.fixture(params=[asked_sync, asked_async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param


def token(text: str, logprob: float, *others: tuple[str, float]) -> dict[str, Any]:
    listed = [{"token": t, "logprob": p} for t, p in ((text, logprob), *others)]
    return {**listed[0], "top_logprobs": listed}


def test_a_completion_with_its_tokens(
    server: Misbehaving, model: OpenAICompatible, request_: Request, ask: Ask
):
    tokens = [token('{"a":"', -0.1), token("yes", -0.2, ("no", -1.7)), token('"}', -0.01)]
    server.script = [server.says('{"a":"yes"}', logprobs={"content": tokens})]

    completion = ask(model, request_)

    assert completion.text == '{"a":"yes"}'
    assert [t.text for t in completion.tokens] == ['{"a":"', "yes", '"}']
    assert completion.tokens[1].alternatives == {"yes": -0.2, "no": -1.7}
    usage = completion.usage
    assert (usage.calls, usage.input_tokens, usage.output_tokens) == (1, 11, 7)
    sent = server.bodies[0]
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("m", 0.0, 512)
    assert (sent["logprobs"], sent["top_logprobs"]) == (True, 3)
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["response_format"]["json_schema"]["schema"] == request_.schema
    assert "answer:1" not in str(sent)
    assert server.headers[0]["authorization"] == "Bearer sk-very-secret"


@pytest.mark.parametrize(("structured", "sent"), [("json_object", "json_object"), ("none", None)])
def test_servers_without_schemas(
    server: Misbehaving, request_: Request, structured: Any, sent: str | None
):
    with OpenAICompatible(model="m", base_url=server.url, structured=structured) as model:
        model.complete(request_, timeout=5)
    assert server.bodies[0].get("response_format", {}).get("type") == sent
    assert server.headers[0]["authorization"] == "Bearer none"


def test_free_text_asks_for_no_schema_and_no_logprobs(
    server: Misbehaving, model: OpenAICompatible, request_: Request
):
    model.complete(replace(request_, schema=None, top_logprobs=0), timeout=5)
    assert not {"response_format", "logprobs", "top_logprobs"} & set(server.bodies[0])


@pytest.mark.parametrize(
    "logprobs",
    [
        None,
        {},
        {"content": None},
        {"content": [{"token": "something else", "logprob": -1}]},
        {"content": [{"token": "hel"}]},
        "nonsense",
    ],
)
def test_missing_or_misaligned_logprobs_are_no_tokens(
    server: Misbehaving, model: OpenAICompatible, request_: Request, logprobs: Any
):
    server.script = [server.says("hello", logprobs=logprobs)]
    completion = model.complete(request_, timeout=5)
    assert (completion.text, completion.tokens) == ("hello", ())


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 529])
def test_passing_troubles_are_worth_another_try(
    server: Misbehaving, model: OpenAICompatible, request_: Request, status: int, ask: Ask
):
    server.script = [server.fails(status, "busy")]
    with pytest.raises(ModelUnavailable, match=f"127.0.0.1: HTTP {status}: busy"):
        ask(model, request_)
    assert server.calls == 1, "the SDK must not retry by itself"


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (400, "structured"),
        (401, "API key"),
        (402, "credit"),
        (403, "API key"),
        (404, "model name"),
        (422, "structured"),
    ],
)
def test_refusals_say_what_to_look_at(
    server: Misbehaving, model: OpenAICompatible, request_: Request, status: int, hint: str
):
    server.script = [server.fails(status)]
    with pytest.raises(ModelRejected) as caught:
        model.complete(request_, timeout=5)
    assert hint in str(caught.value.hint)


def test_an_empty_account_is_not_a_rate_limit(
    server: Misbehaving, model: OpenAICompatible, request_: Request
):
    error = {"error": {"message": "quota", "code": "insufficient_quota"}}
    server.script = [server.sends(error, 429)]
    with pytest.raises(ModelRejected):
        model.complete(request_, timeout=5)


def test_the_key_never_shows_in_an_error(
    server: Misbehaving, model: OpenAICompatible, request_: Request
):
    server.script = [server.fails(401, "Incorrect API key: sk-very-secret\nTraceback")]
    with pytest.raises(ModelRejected) as caught:
        model.complete(request_, timeout=5)
    assert str(caught.value) == "127.0.0.1: HTTP 401: Incorrect API key: *** Traceback"
    assert "very-secret" not in repr(caught.value) + repr(model)


def test_retry_after_in_every_form(server: Misbehaving, model: OpenAICompatible, request_: Request):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=90), usegmt=True)
    fails = server.fails
    server.script = [
        fails(429, retry_after="7"),
        fails(429, retry_after=soon),
        fails(503, retry_after=past),
        fails(429, retry_after_ms="1500", retry_after="9"),
        fails(429, retry_after="soonish"),
        fails(429, retry_after="-3"),
        fails(429),
    ]
    waits: list[float | None] = []
    for _ in server.script:
        with pytest.raises(ModelUnavailable) as caught:
            model.complete(request_, timeout=5)
        waits.append(caught.value.retry_after)
    assert waits[0] == 7
    assert 80 < (waits[1] or 0) <= 90
    assert waits[2:] == [0, 1.5, None, None, None]


BAD: dict[str, tuple[Callable[[Misbehaving], Reply], str]] = {
    "html": (lambda s: s.sends(b"<html>Bad gateway</html>"), "web page"),
    "empty": (lambda s: s.sends(b""), "is empty"),
    "truncated": (lambda s: s.sends(b'{"choices": [{"mess'), "not JSON"),
    "nested": (lambda s: s.sends(b"[" * 100_000), "not JSON"),
    "list": (lambda s: s.sends([]), "not a chat completion"),
    "wrong schema": (lambda s: s.sends({"choices": "none"}), "choices"),
    "no choices": (lambda s: s.sends({"choices": []}), "no choices"),
    "no message": (lambda s: s.sends({"choices": [{"index": 0}]}), "choices.0.message"),
    "no text": (lambda s: s.says(None), "no text"),
    "filtered": (lambda s: s.says("he", finish_reason="content_filter"), "content_filter"),
    "cut": (lambda s: s.says('{"a":', finish_reason="length"), "length"),
    "refusal": (lambda s: s.says(message={"refusal": "I cannot"}), "refuses: I cannot"),
    "10 MB": (lambda s: s.says("x" * 10_000_000), "passes 4,000,000 bytes"),
}


@pytest.mark.parametrize("case", BAD)
def test_unusable_answers_say_why(
    server: Misbehaving, model: OpenAICompatible, request_: Request, case: str, ask: Ask
):
    reply, why = BAD[case]
    server.script = [reply(server)]
    with pytest.raises(BadCompletion, match=why):
        ask(model, request_)


def test_a_bad_answer_says_what_it_cost(
    server: Misbehaving, model: OpenAICompatible, request_: Request
):
    server.script = [server.says("{", finish_reason="length")]
    with pytest.raises(BadCompletion) as caught:
        model.complete(request_, timeout=5)
    assert caught.value.spent == (11, 7)


def test_a_failure_reported_under_http_200(
    server: Misbehaving, model: OpenAICompatible, request_: Request
):
    server.script = [
        server.sends({"error": {"message": "slow down", "code": 429}}),
        server.sends({"error": {"message": "no such model", "code": 404}}),
        server.sends({"error": "overloaded"}),
    ]
    for kind in (ModelUnavailable, ModelRejected, ModelUnavailable):
        with pytest.raises(kind):
            model.complete(request_, timeout=5)


@pytest.mark.parametrize("trouble", ["hangs", "drips"])
def test_the_time_out_bounds_the_whole_call(
    server: Misbehaving, model: OpenAICompatible, request_: Request, trouble: str, ask: Ask
):
    server.script = [getattr(server, trouble)()]
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="no answer within"):
        ask(model, request_, timeout=0.2)
    assert time.monotonic() - started < 5, "the server would have gone on for ever"


def test_a_connection_reset_half_way(
    server: Misbehaving, model: OpenAICompatible, request_: Request, ask: Ask
):
    server.script = [server.resets()]
    with pytest.raises(ModelUnavailable, match="connection broke") as caught:
        ask(model, request_)
    assert caught.value.reached


def test_nobody_listens(request_: Request, ask: Ask):
    with (
        OpenAICompatible(model="m", base_url="http://127.0.0.1:9/v1") as model,
        pytest.raises(ModelUnavailable, match="cannot connect") as caught,
    ):
        ask(model, request_)
    assert not caught.value.reached


def test_openai_without_a_key_is_refused_before_any_call(request_: Request):
    model = OpenAICompatible(model="m")
    with pytest.raises(ModelRejected, match="no API key") as caught:
        model.complete(request_, timeout=5)
    assert not caught.value.reached
    assert model.host == "api.openai.com"


def test_what_a_model_does_not_take_is_left_out_next_time(
    server: Misbehaving, model: OpenAICompatible, request_: Request
):
    def refuses(name: str) -> Any:
        return server.sends({"error": {"message": f"Unsupported: {name}", "param": name}}, 400)

    server.script = [refuses("max_tokens"), refuses("logprobs"), server.says(), refuses("model")]
    for name in ("max_tokens", "logprobs"):
        with pytest.raises(ModelUnavailable, match=name) as caught:
            model.complete(request_, timeout=5)
        assert caught.value.retry_after == 0
    assert model.complete(request_, timeout=5).text == "hello"
    assert server.bodies[2]["max_completion_tokens"] == 512
    assert not {"max_tokens", "logprobs", "top_logprobs"} & set(server.bodies[2])
    with pytest.raises(ModelRejected):
        model.complete(request_, timeout=5)


def test_the_environment_neither_redirects_nor_proxies(
    server: Misbehaving, request_: Request, monkeypatch: pytest.MonkeyPatch
):
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-tool")
    with OpenAICompatible(model="m", base_url=server.url) as model:
        assert model.complete(request_, timeout=5).text == "hello"
    assert "another-tool" not in str(server.headers)


def test_content_in_parts_and_lone_surrogates(
    server: Misbehaving, model: OpenAICompatible, request_: Request
):
    parts = [{"type": "text", "text": "he"}, {"type": "text", "text": "llo"}, "?"]
    server.script = [server.says(parts), server.says("a\ud800b")]
    assert model.complete(request_, timeout=5).text == "hello"
    assert model.complete(request_, timeout=5).text == "a\ufffdb"


def test_one_client_serves_many_threads_and_loops(
    server: Misbehaving, model: OpenAICompatible, request_: Request
):
    texts: list[str] = []

    def work() -> None:
        texts.append(model.complete(request_, timeout=5).text)
        texts.append(asked_async(model, request_).text)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["hello"] * 16 == ["hello"] * server.calls


def test_at_once_bounds_what_is_in_flight_and_the_wait_counts(
    server: Misbehaving, request_: Request
):
    server.script = [server.hangs(), server.says()]
    with OpenAICompatible(model="m", base_url=server.url, at_once=1) as model:

        async def both() -> list[Completion | BaseException]:
            calls = [model.acomplete(request_, timeout=seconds) for seconds in (1.0, 0.3)]
            return await asyncio.gather(*calls, return_exceptions=True)

        first, second = asyncio.run(both())
        assert isinstance(first, ModelUnavailable)
        assert isinstance(second, ModelUnavailable)
        assert server.calls == 1
        assert model.complete(request_, timeout=5).text == "hello"


def test_a_cancelled_caller_frees_its_turn(server: Misbehaving, request_: Request):
    server.script = [server.hangs(), server.says()]
    with OpenAICompatible(model="m", base_url=server.url, at_once=1) as model:

        async def cancelled() -> None:
            task = asyncio.create_task(model.acomplete(request_, timeout=60))
            await asyncio.to_thread(server.wait_for_a_call)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(cancelled())
        assert model.complete(request_, timeout=5).text == "hello"


def test_closing_cancels_what_runs_and_the_model_can_be_used_again(
    server: Misbehaving, model: OpenAICompatible, request_: Request
):
    server.script = [server.hangs(), server.says()]
    outcome: list[BaseException] = []

    def wait() -> None:
        try:
            model.complete(request_, timeout=60)
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    server.wait_for_a_call()
    model.close()
    model.close()
    thread.join(5)
    assert outcome
    assert not isinstance(outcome[0], AssertionError)
    assert model.complete(request_, timeout=5).text == "hello"


def embedded(*values: float) -> dict[str, Any]:
    vector = base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
    usage = {"prompt_tokens": 9, "total_tokens": 9}
    return {"object": "list", "data": [{"embedding": vector, "index": 0}], "usage": usage}


def test_the_state_after_a_text(
    server: Misbehaving, model: OpenAICompatible, request_: Request, ask: Ask
):
    server.script = [server.sends(embedded(0.5, -1.0))]
    completion = ask(model, replace(request_, messages=request_.messages[-1:], state=True))
    assert completion.state == (0.5, -1.0)
    assert completion.usage == Usage(input_tokens=9)
    (sent,) = server.bodies
    assert (sent["model"], sent["encoding_format"]) == ("m", "base64")
    assert sent["input"] == request_.messages[-1].content


@pytest.mark.parametrize(
    "body",
    [{}, {"data": []}, {"data": [{"embedding": "AAA"}]}, {"data": [{"embedding": [0.1]}]}, b"<p>"],
)
def test_what_is_no_state_is_refused(
    server: Misbehaving, model: OpenAICompatible, request_: Request, body: object
):
    server.script = [server.sends(body)]
    with pytest.raises(BadCompletion):
        model.complete(replace(request_, state=True), timeout=5)
