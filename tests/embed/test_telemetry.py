"""Traces and metrics, through the SDK's in-memory exporters: what is told, and what never is."""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

from aplomo import Comment, ScriptedModel
from aplomo.embed.telemetry import Telemetry
from aplomo.errors import ModelRejected
from aplomo.llm.port import Completion, Request, Usage
from aplomo.llm.scripted import Step
from small_world import GOOD, PRAISE, drafter, reply, said


@dataclass
class Seen:
    """What was exported."""

    telemetry: Telemetry
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def points(self, name: str) -> list[Any]:
        data: Any = json.loads(self.reader.get_metrics_data().to_json())  # type: ignore[union-attr]
        scopes = data["resource_metrics"][0]["scope_metrics"]
        metrics = [metric for scope in scopes for metric in scope["metrics"]]
        return next(m["data"]["data_points"] for m in metrics if m["name"] == name)


@pytest.fixture
def seen() -> Seen:
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    meters = MeterProvider([reader], shutdown_on_exit=False)
    return Seen(Telemetry(tracers, meters), exporter, reader)


def spent(text: str) -> Completion:
    return Completion(text=text, usage=Usage(calls=1, input_tokens=100, output_tokens=7))


STEPS: tuple[Step, ...] = (spent(said("yes", positive="Me encanta")), spent(reply(GOOD)))


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_decision_is_a_span_with_its_model_calls_inside(seen: Seen, way: str) -> None:
    made, _ = drafter(*STEPS, watch=seen.telemetry)
    decision = made.draft(PRAISE) if way == "sync" else asyncio.run(made.adraft(PRAISE))
    answer, draft, whole = seen.spans
    assert [span.name for span in seen.spans] == [
        "chat scripted", "chat scripted", "invoke_workflow aplomo"
    ]  # fmt: skip
    assert whole.parent is None
    for call in (answer, draft):
        assert call.parent == whole.context
        assert call.kind == SpanKind.CLIENT
        assert (call.attributes or {})["gen_ai.operation.name"] == "chat"
        assert (call.attributes or {})["gen_ai.request.model"] == "scripted"
        assert (call.attributes or {})["gen_ai.provider.name"] == "aplomo.embedded"
        assert (call.attributes or {})["gen_ai.usage.input_tokens"] == 100
        assert (call.attributes or {})["gen_ai.usage.output_tokens"] == 7
    attributes = dict(whole.attributes or {})
    assert attributes["aplomo.decision.id"] == decision.id
    assert attributes["aplomo.path"] == ("link", "positive")
    assert attributes["aplomo.outcome"] == "thank"
    assert attributes["aplomo.status"] == "ready"
    assert attributes["gen_ai.usage.input_tokens"] == 200
    told = [dict(event.attributes or {}) for event in whole.events]
    assert [event["aplomo.question"] for event in told] == ["link", "positive"]
    assert [event["aplomo.by"] for event in told] == ["rule", "model"]


def test_metrics_count_decisions_tokens_and_time(seen: Seen) -> None:
    drafter(*STEPS, watch=seen.telemetry)[0].draft(PRAISE)
    (decisions,) = seen.points("aplomo.decisions")
    assert decisions["value"] == 1
    assert decisions["attributes"] == {
        "aplomo.protocol.id": "small", "aplomo.outcome": "thank", "aplomo.status": "ready"
    }  # fmt: skip
    tokens = {
        p["attributes"]["gen_ai.token.type"]: p for p in seen.points("gen_ai.client.token.usage")
    }
    assert (tokens["input"]["sum"], tokens["output"]["sum"]) == (200, 14)
    (calls,) = seen.points("gen_ai.client.operation.duration")
    assert calls["count"] == 2
    assert seen.points("aplomo.decision.duration")[0]["count"] == 1


def test_a_model_that_fails_is_an_error_by_its_code(seen: Seen) -> None:
    drafter(ModelRejected("the key sk-secret is wrong"), watch=seen.telemetry)[0].draft(PRAISE)
    call, whole = seen.spans
    assert (call.attributes or {})["error.type"] == "model_rejected"
    assert call.status.status_code == StatusCode.ERROR
    assert (whole.attributes or {})["aplomo.undecided"] is True
    assert "sk-secret" not in _everything(seen)


def test_a_decision_that_never_ends_closes_its_spans(seen: Seen) -> None:
    made, _ = drafter(watch=seen.telemetry)  # the script is empty: the double itself objects
    with pytest.raises(AssertionError):
        made.draft(PRAISE)
    assert not get_current_span().get_span_context().is_valid

    async def cancelled() -> None:
        async with asyncio.timeout(0.01):
            await drafter(model=Sleeping(), watch=seen.telemetry)[0].adraft(PRAISE)

    with pytest.raises(TimeoutError):
        asyncio.run(cancelled())
    assert [(span.attributes or {})["error.type"] for span in seen.spans] == ["interrupted"] * 4
    assert "unexpected call" not in _everything(seen)


class Sleeping:
    """A model that never answers."""

    name, host = "sleeping", ""

    def complete(self, request: Request, *, timeout: float) -> Completion:
        raise NotImplementedError

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        await asyncio.sleep(60)
        raise NotImplementedError


def test_no_text_of_anybody_is_told(seen: Seen) -> None:
    comment = Comment(text="Me encanta vuestro café, soy Aurelia", lang="es", id="c-1")
    bad = reply("Te devolvemos el dinero, Aurelia, gracias.")
    steps = (said("yes", positive="soy Aurelia"), said("yes", positive="Me encanta"), bad, bad)
    drafter(*steps, watch=seen.telemetry)[0].draft(comment)
    made, _ = drafter(said("yes", positive="Me encanta"), bad, bad, watch=seen.telemetry)
    assert made.draft(comment).reply is not None
    told = _everything(seen)
    assert len(seen.spans) > 3
    for word in ("Aurelia", "encanta", "dinero", "gracias", "escribirnos"):
        assert word not in told, word


def test_watched_or_not_the_decision_is_the_same(seen: Seen) -> None:
    with_it = drafter(*STEPS, watch=seen.telemetry)[0].draft(PRAISE).to_dict()
    without = drafter(*STEPS)[0].draft(PRAISE).to_dict()
    for record in (with_it, without):
        for name in ("id", "created_at", "usage"):
            record.pop(name)
    assert with_it == without


def test_many_at_once_keep_their_own_spans(seen: Seen) -> None:
    def always(request: Any) -> Completion:
        return spent(said("no"))

    made, _ = drafter(*[always] * 6, watch=seen.telemetry)
    asyncio.run(made.adraft_many([PRAISE] * 3, concurrency=3))
    list(made.draft_many([PRAISE] * 3, concurrency=3))
    contexts = [span.context for span in seen.spans if span.parent is None]
    whole = {context.span_id for context in contexts if context is not None}
    parents = [span.parent.span_id for span in seen.spans if span.parent is not None]
    assert len(whole) == 6
    assert sorted(parents) == sorted(whole)


def test_without_a_watch_nothing_of_it_is_loaded() -> None:
    program = (
        "import sys\nfrom aplomo import Drafter, ScriptedModel, Comment\n"
        "Drafter(model=ScriptedModel([]), ask_model=False).draft(Comment(text='hola'))\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    run = [sys.executable, "-c", program]
    result = subprocess.run(run, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
    assert ScriptedModel([]).host == ""


def _everything(seen: Seen) -> str:
    metrics = seen.reader.get_metrics_data()
    return "".join(span.to_json() for span in seen.spans) + (metrics.to_json() if metrics else "")
