"""The Drafter as a Runnable: everything that a chain, a callback or a tracer may ask of it."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from jsonschema import Draft202012Validator
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.language_models import FakeListChatModel
from langchain_core.load import dumps
from langchain_core.runnables import RunnableConfig, RunnableLambda, RunnablePassthrough
from langchain_core.tracers import BaseTracer
from langchain_core.tracers.schemas import Run

from aplomo import Comment, InputError
from aplomo.decision.model import Decision
from aplomo.decision.schema import decision_schema
from aplomo.embed.request import request_schema
from aplomo.embed.runnable import DraftRunnable
from aplomo.llm.port import Completion, Request, Usage
from small_world import GOOD, PRAISE, drafter, reply, said


class Praised:
    """A model that finds praise in everything, in whatever order it is asked."""

    name, host = "praised", ""

    def complete(self, request: Request, *, timeout: float) -> Completion:
        text = said("yes") if request.purpose.startswith("answer") else reply(GOOD)
        return Completion(text=text, usage=Usage(calls=1))

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        return self.complete(request, timeout=timeout)


def runnable() -> DraftRunnable:
    return drafter(model=Praised())[0].as_runnable()


def brief(decision: Decision) -> tuple[str, str, str | None]:
    outcome = decision.outcome.id if decision.outcome else ""
    return decision.status, outcome, decision.reply.text if decision.reply else None


READY = ("ready", "thank", GOOD)


class Kept(BaseTracer):
    """Keeps whole run trees, as a tracing service would."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[Run] = []

    def _persist_run(self, run: Run) -> None:
        self.runs.append(run)


@pytest.mark.parametrize(
    "given",
    [
        PRAISE,
        PRAISE.text,
        {"text": PRAISE.text, "lang": "es"},
        {"comment": {"text": PRAISE.text}},
    ],
    ids=["comment", "text", "comment as json", "request"],
)
def test_every_form_of_input_gives_the_same_decision_sync_and_async(given: Any) -> None:
    assert brief(runnable().invoke(given)) == READY
    assert brief(asyncio.run(runnable().ainvoke(given))) == READY


def test_a_request_carries_a_person_s_answers() -> None:
    made = drafter(reply(GOOD))[0].as_runnable()
    asked = {"comment": {"text": PRAISE.text, "lang": "es"}, "answers": {"positive": "yes"}}
    assert made.invoke(asked).answers["positive"].by == "human"


@pytest.mark.parametrize("given", [{}, {"text": ""}, {"txt": "hola"}, "", 3, None, ["hola"]])
def test_what_is_no_comment_is_an_input_error_told_to_callbacks(given: Any) -> None:
    tracer = Kept()
    with pytest.raises(InputError):
        runnable().invoke(given, {"callbacks": [tracer]})
    assert "InputError" in str(tracer.runs[0].error)


def test_a_batch_keeps_its_order_and_may_return_its_errors() -> None:
    made = runnable()
    found: list[Any] = made.batch([PRAISE, "", PRAISE], return_exceptions=True)
    assert [brief(found[0]), brief(found[2])] == [READY, READY]
    assert isinstance(found[1], InputError)
    with pytest.raises(InputError):
        runnable().batch([""])
    assert [index for index, _ in sorted(runnable().batch_as_completed([PRAISE] * 2))] == [0, 1]


def test_an_async_batch_keeps_its_order_and_may_return_its_errors() -> None:
    found: list[Any] = asyncio.run(runnable().abatch([PRAISE, "", PRAISE], return_exceptions=True))
    assert [brief(found[0]), brief(found[2])] == [READY, READY]
    assert isinstance(found[1], InputError)


class Counting:
    """A model that is busy for a moment, and knows how often at once."""

    name, host = "counting", ""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.most = 0

    def _enter(self, by: int) -> None:
        with self.lock:
            self.now += by
            self.most = max(self.most, self.now)

    def complete(self, request: Request, *, timeout: float) -> Completion:
        self._enter(1)
        time.sleep(0.01)
        self._enter(-1)
        return Completion(text=said("no"), usage=Usage(calls=1))

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        self._enter(1)
        await asyncio.sleep(0.01)
        self._enter(-1)
        return Completion(text=said("no"), usage=Usage(calls=1))


@pytest.mark.parametrize("most", [1, 3])
def test_max_concurrency_is_kept(most: int) -> None:
    config = RunnableConfig(max_concurrency=most)
    sync, twin = Counting(), Counting()
    drafter(model=sync)[0].as_runnable().batch([PRAISE] * 8, config)
    asyncio.run(drafter(model=twin)[0].as_runnable().abatch([PRAISE] * 8, config))
    assert 1 <= sync.most <= most
    assert 1 <= twin.most <= most
    if most > 1:
        assert twin.most > 1


def test_streams_give_the_decision_whole() -> None:
    assert [brief(chunk) for chunk in runnable().stream(PRAISE)] == [READY]

    async def collect() -> list[Decision]:
        return [chunk async for chunk in runnable().astream(PRAISE)]

    assert [brief(chunk) for chunk in asyncio.run(collect())] == [READY]

    async def inputs() -> AsyncIterator[Comment]:
        yield PRAISE

    async def transformed() -> list[Decision]:
        return [chunk async for chunk in runnable().atransform(inputs())]

    assert [brief(chunk) for chunk in asyncio.run(transformed())] == [READY]
    assert [brief(chunk) for chunk in runnable().transform(iter([PRAISE]))] == [READY]


def test_config_reaches_the_run_name_tags_metadata_and_id() -> None:
    tracer, run_id = Kept(), uuid4()
    config = RunnableConfig(
        callbacks=[tracer], run_name="reply", tags=["x"], metadata={"shop": "7"}, run_id=run_id
    )
    runnable().invoke(PRAISE, config)
    (run,) = tracer.runs
    assert (run.name, run.id, run.run_type) == ("reply", run_id, "chain")
    assert run.tags == ["x"]
    kept: Any = run
    assert kept.extra["metadata"]["shop"] == "7"
    assert run.error is None
    assert brief(kept.outputs["output"]) == READY


def test_with_config_binds_and_the_default_name_is_the_protocol_s() -> None:
    tracer = Kept()
    runnable().with_config(tags=["bound"]).invoke(PRAISE, {"callbacks": [tracer]})
    assert (tracer.runs[0].name, tracer.runs[0].tags) == ("aplomo-small", ["bound"])
    assert runnable().get_name() == "aplomo-small"


def test_async_callbacks_are_awaited() -> None:
    seen: list[str] = []

    class Handler(AsyncCallbackHandler):
        async def on_chain_start(self, serialized: Any, inputs: Any, **_: Any) -> None:
            seen.append("start")

        async def on_chain_end(self, outputs: Any, *, run_id: UUID, **_: Any) -> None:
            seen.append("end")

    asyncio.run(runnable().ainvoke(PRAISE, {"callbacks": [Handler()]}))
    assert seen == ["start", "end"]


def test_each_comment_of_a_batch_has_its_own_run_and_config() -> None:
    tracer = Kept()
    configs = [RunnableConfig(callbacks=[tracer], run_name=name) for name in ("a", "b")]
    runnable().batch([PRAISE, PRAISE], configs)
    assert {run.name for run in tracer.runs} == {"a", "b"}


def chat() -> FakeListChatModel:
    return FakeListChatModel(responses=[said("yes"), reply(GOOD)])


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_langchain_model_reports_as_a_child_of_the_run(way: str) -> None:
    tracer = Kept()
    made = drafter(model=chat())[0].as_runnable()
    config = RunnableConfig(callbacks=[tracer], tags=["x"])
    if way == "sync":
        assert brief(made.invoke(PRAISE, config)) == READY
    else:
        assert brief(asyncio.run(made.ainvoke(PRAISE, config))) == READY
    (run,) = tracer.runs
    assert [child.name for child in run.child_runs] == ["FakeListChatModel"] * 2
    assert all(child.parent_run_id == run.id for child in run.child_runs)
    assert all("x" in (child.tags or []) for child in run.child_runs)


def test_the_events_show_the_decision_and_the_model_calls_inside_it() -> None:
    made = drafter(model=chat())[0].as_runnable()

    async def collect() -> list[Any]:
        return [event async for event in made.astream_events(PRAISE, version="v2")]

    events = asyncio.run(collect())
    kinds = [event["event"] for event in events]
    assert (kinds[0], kinds[-1]) == ("on_chain_start", "on_chain_end")
    assert kinds.count("on_chat_model_start") == kinds.count("on_chat_model_end") == 2
    assert events[0]["name"] == "aplomo-small"
    assert events[0]["data"]["input"] == PRAISE
    assert brief(events[-1]["data"]["output"]) == READY
    inner = next(event for event in events if event["event"] == "on_chat_model_start")
    assert inner["parent_ids"] == [events[0]["run_id"]]


def test_it_composes_on_both_sides_and_in_parallel() -> None:
    def shaped(text: str) -> dict[str, Any]:
        return {"text": text}

    def text(decision: Decision) -> str:
        return decision.to_dict()["reply"]["text"]

    chain = RunnablePassthrough[str]() | shaped | runnable() | text
    assert chain.invoke(PRAISE.text) == GOOD
    both: Any = {"decision": runnable(), "given": RunnablePassthrough[Any]()} | RunnableLambda(dict)
    found = both.invoke(PRAISE)
    assert (brief(found["decision"]), found["given"]) == (READY, PRAISE)
    assert [brief(one) for one in runnable().map().invoke([PRAISE, PRAISE])] == [READY, READY]


def test_retries_fallbacks_and_listeners_wrap_it() -> None:
    ends: list[Run] = []
    made = runnable().with_listeners(on_end=lambda run: ends.append(run))
    assert brief(made.with_retry(stop_after_attempt=2).invoke(PRAISE)) == READY
    assert [run.name for run in ends] == ["aplomo-small"]
    spare = RunnableLambda[Any, Any](lambda given: "by hand")
    wrapped: Any = runnable().with_fallbacks([spare], exceptions_to_handle=(InputError,))
    assert wrapped.invoke("") == "by hand"


def test_its_schemas_are_those_that_ship() -> None:
    made = runnable()
    given = made.get_input_jsonschema()
    validator: Any = Draft202012Validator(given)
    Draft202012Validator.check_schema(given)
    for good in ("hola", {"text": "hola"}, {"comment": {"text": "hola"}, "answers": {"q": "yes"}}):
        assert validator.is_valid(good), good
    for bad in (3, {"txt": "hola"}, {"comment": {"text": 1}}, {"comment": {"text": "a", "x": 1}}):
        assert not validator.is_valid(bad), bad
    comment = given["$defs"]["CommentShape"]["properties"]
    assert comment.keys() == request_schema()["$defs"]["CommentShape"]["properties"].keys()
    assert made.get_output_jsonschema() == decision_schema()
    output: Any = Draft202012Validator(made.get_output_jsonschema())
    assert output.is_valid(json.loads(json.dumps(made.invoke(PRAISE).to_dict())))
    assert made.OutputType is Decision
    assert "Comment" in str(made.InputType)


def test_a_chain_around_it_can_be_written_down_and_drawn() -> None:
    chain = runnable() | RunnableLambda(brief)
    written = json.loads(dumps(chain))
    assert written["kwargs"]["first"]["id"] == ["aplomo", "embed", "runnable", "DraftRunnable"]
    assert written["kwargs"]["first"]["repr"] == "DraftRunnable(aplomo-small)"
    assert "aplomo-small" in chain.get_graph().draw_mermaid()


def test_the_callback_of_a_chain_sees_it_as_one_step() -> None:
    names: list[str] = []

    class Handler(BaseCallbackHandler):
        def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
            names.append(kwargs["name"])

    (runnable() | RunnableLambda(brief)).invoke(PRAISE, {"callbacks": [Handler()]})
    assert names == ["RunnableSequence", "aplomo-small", "brief"]


def test_generators_as_input_are_taken_whole() -> None:
    def inputs() -> Iterator[str]:
        yield from ("Me encanta ", "vuestro café, el mejor del barrio")

    assert [brief(chunk) for chunk in runnable().transform(inputs())] == [READY]
