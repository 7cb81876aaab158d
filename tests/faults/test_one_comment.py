"""Every fault of a server, met by one comment from end to end: it still ends as a decision."""

import json
import time
from collections.abc import Callable
from email.utils import formatdate

import pytest

from aplomo import Drafter
from aplomo.llm.openai_compatible import OpenAICompatible
from aplomo.llm.retry import RetryPolicy
from misbehaving import Misbehaving, Reply
from small_world import BRAND, GOOD, PRAISE, PROTOCOL, reply, said

# Long enough for a busy machine; only the servers that never end an answer are given up early.
PATIENT = RetryPolicy(attempts=2, timeout=60, deadline=120, first_wait=0.01, longest_wait=0.02)
IMPATIENT = RetryPolicy(attempts=1, timeout=2, deadline=30)
ENDLESS = {"hangs", "drips"}


def logprobs(content: object) -> dict[str, object]:
    return {"logprobs": {"content": content}}


FAULTS: dict[str, Callable[[Misbehaving], Reply]] = {
    "429, come back in an hour": lambda s: s.fails(429, retry_after="3600"),
    "429 until a date": lambda s: s.fails(429, retry_after=formatdate(time.time(), usegmt=True)),
    "429 in milliseconds": lambda s: s.fails(429, retry_after_ms="10"),
    "500": lambda s: s.fails(500),
    "hangs": lambda s: s.hangs(),
    "drips": lambda s: s.drips(),
    "resets": lambda s: s.resets(),
    "a web page": lambda s: s.sends(b"<!doctype html><p>gateway"),
    "truncated JSON": lambda s: s.sends(b'{"choices":[{"message":{"content":"{'),
    "deep JSON": lambda s: s.sends(b"[" * 100_000),
    "deep JSON inside": lambda s: s.says("[" * 100_000),
    "wrong schema": lambda s: s.says('{"sí":"quizás"}'),
    "another shape": lambda s: s.sends({"choices": [{"text": "old"}]}),
    "no choices": lambda s: s.sends({"choices": []}),
    "content filter": lambda s: s.says(said("yes"), finish_reason="content_filter"),
    "refusal": lambda s: s.says("", refusal="I cannot"),
    "ten megabytes": lambda s: s.says("a" * 10_000_000),
    "an error in a good answer": lambda s: s.sends({"error": {"message": "no", "code": 503}}),
}


def drafted(server: Misbehaving, name: str = "") -> dict[str, object]:
    policy = IMPATIENT if name in ENDLESS else PATIENT
    with OpenAICompatible(model="m", base_url=server.url, api_key="k") as model:
        made = Drafter(protocol=PROTOCOL, brand=BRAND, facts={}, model=model, policy=policy)
        record = made.draft(PRAISE).to_dict()
    json.loads(json.dumps(record, allow_nan=False).encode())
    return record


@pytest.mark.parametrize("name", FAULTS)
def test_a_model_that_fails_sends_the_comment_to_a_person(name: str, server: Misbehaving) -> None:
    server.script = [FAULTS[name](server)]
    record = drafted(server, name)
    assert record["status"] == "needs_human"
    assert "the model gave no answer" in str(record["notes"])
    assert server.calls <= PATIENT.attempts


@pytest.mark.parametrize("name", FAULTS)
def test_a_model_that_fails_while_drafting_leaves_the_template(
    name: str, server: Misbehaving
) -> None:
    server.script = [server.says(said("yes")), FAULTS[name](server)]
    record = drafted(server, name)
    assert record["status"] == "ready"
    assert "por escribirnos" in str(record["reply"])


WILD = 1e308
BAD_LOGPROBS = {
    "absent": {},
    "null": {"logprobs": None},
    "a word": {"logprobs": "none"},
    "of another text": logprobs([{"token": "x", "logprob": -1.0}]),
    "wild": logprobs([
        {"token": said("yes").split("yes")[0], "logprob": 0.0},
        {"token": "yes", "logprob": WILD, "top_logprobs": [{"token": "no", "logprob": WILD}]},
        {"token": said("yes").split("yes", 1)[1], "logprob": 0.0},
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_LOGPROBS)
def test_useless_log_probabilities_are_done_without(name: str, server: Misbehaving) -> None:
    answer = server.says(said("yes"), **BAD_LOGPROBS[name])
    server.script = [answer, server.says(reply(GOOD))]
    record = drafted(server)
    assert record["status"] in {"ready", "needs_human"}
    assert "gave no answer" not in str(record["notes"])


def test_a_usage_that_is_nonsense_spoils_no_answer(server: Misbehaving) -> None:
    choice = {"message": {"content": said("no")}, "finish_reason": "stop"}
    for usage in ({"prompt_tokens": None}, {"prompt_tokens": -5}, "many", [1]):
        server.script = [server.sends({"choices": [choice], "usage": usage})]
        record = drafted(server)
        assert record["status"] == "no_reply"
        server.bodies.clear()
