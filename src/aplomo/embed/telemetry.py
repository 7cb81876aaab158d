"""OpenTelemetry: a span for each decision and model call, and what they cost, as metrics.

Names follow the gen_ai conventions where there are any (they are still in development), our own
begin with `aplomo.`. No text of a comment or a reply, and nothing that quotes one, is recorded.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from aplomo.comment import Comment
from aplomo.decision.model import Decision
from aplomo.errors import ConfigError
from aplomo.llm.port import Model, Request
from aplomo.llm.retry import Asked

try:
    from opentelemetry.metrics import MeterProvider, get_meter
    from opentelemetry.trace import Span, SpanKind, StatusCode, TracerProvider, get_tracer
except ModuleNotFoundError as missing:
    raise ConfigError(
        f"telemetry needs a package: {missing.name}", hint="pip install 'aplomo[otel]'"
    ) from None

__all__ = ["Telemetry"]

_SCOPE = "aplomo"
_PROVIDERS = {"": "aplomo.embedded", "api.openai.com": "openai", "langchain": "langchain"}


class Telemetry:
    """A Watch: `Drafter(watch=Telemetry())`. Without providers it uses the process's own."""

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        self._tracer = get_tracer(_SCOPE, tracer_provider=tracer_provider)
        meter = get_meter(_SCOPE, meter_provider=meter_provider)
        self._decisions = meter.create_counter(
            "aplomo.decisions", "{decision}", "Decisions, by outcome and status."
        )
        self._decision_seconds = meter.create_histogram(
            "aplomo.decision.duration", "s", "How long a decision took."
        )
        self._call_seconds = meter.create_histogram(
            "gen_ai.client.operation.duration", "s", "How long a model call took, with retries."
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage", "{token}", "Tokens of a model call."
        )

    @contextmanager
    def decision(self, comment: Comment) -> Generator[Callable[[Decision], None]]:
        """A span around one decision, with an event for each question of its path."""
        started = time.monotonic()
        with self._span("invoke_workflow aplomo") as span:
            span.set_attribute("gen_ai.operation.name", "invoke_workflow")
            span.set_attribute("gen_ai.workflow.name", "aplomo")
            span.set_attribute("aplomo.channel", comment.channel)

            def done(decision: Decision) -> None:
                _describe(span, decision)
                labels = {
                    "aplomo.protocol.id": decision.protocol["id"],
                    "aplomo.outcome": decision.outcome.id if decision.outcome else "pending",
                    "aplomo.status": decision.status,
                }
                self._decisions.add(1, labels)
                self._decision_seconds.record(time.monotonic() - started, labels)

            yield done

    @contextmanager
    def call(self, request: Request, model: Model) -> Generator[Callable[[Asked[Any]], None]]:
        """A span around asking the model."""
        started = time.monotonic()
        labels: dict[str, Any] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": _PROVIDERS.get(model.host, "openai_compatible"),
            "gen_ai.request.model": model.name,
        }
        if model.host and model.host != "langchain":
            labels["server.address"] = model.host
        with self._span(f"chat {model.name}", SpanKind.CLIENT) as span:
            span.set_attributes(labels)
            span.set_attribute("gen_ai.request.max_tokens", request.max_tokens)
            span.set_attribute("gen_ai.request.temperature", request.temperature)
            span.set_attribute("aplomo.purpose", request.purpose)

            def done(asked: Asked[Any]) -> None:
                found = dict(labels)
                if asked.error is not None:
                    # Its code alone: its message may quote what the model said.
                    found["error.type"] = asked.error.code
                    span.set_attribute("error.type", asked.error.code)
                    span.set_status(StatusCode.ERROR, asked.error.code)
                self._spent(span, asked, labels)
                self._call_seconds.record(time.monotonic() - started, found)

            yield done

    def _spent(self, span: Span, asked: Asked[Any], labels: dict[str, Any]) -> None:
        span.set_attribute("aplomo.attempts", asked.attempts)
        usage = {"input": asked.usage.input_tokens, "output": asked.usage.output_tokens}
        for kind, count in usage.items():
            span.set_attribute(f"gen_ai.usage.{kind}_tokens", count)
            self._tokens.record(count, labels | {"gen_ai.token.type": kind})

    @contextmanager
    def _span(self, name: str, kind: SpanKind = SpanKind.INTERNAL) -> Generator[Span]:
        """A span that notes what broke by its kind: messages and tracebacks may quote texts."""
        with self._tracer.start_as_current_span(
            name, kind=kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except (Exception, GeneratorExit) as error:
                # The driver ended before the decision did: a bug, Ctrl-C, a cancelled task.
                broken = isinstance(error, Exception)
                kind_of = type(error).__name__ if broken else "interrupted"
                span.set_attribute("error.type", kind_of)
                span.set_status(StatusCode.ERROR, kind_of)
                raise


def _describe(span: Span, decision: Decision) -> None:
    protocol = decision.protocol
    attributes: dict[str, Any] = {
        "aplomo.decision.id": decision.id,
        "aplomo.protocol.id": protocol["id"],
        "aplomo.protocol.version": protocol["version"],
        "aplomo.lang": decision.comment.lang or "",
        "aplomo.path": list(decision.path),
        "aplomo.outcome": decision.outcome.id if decision.outcome else "",
        "aplomo.pending": decision.pending or "",
        "aplomo.status": decision.status,
        "aplomo.undecided": decision.undecided,
        "aplomo.reply.origin": decision.reply.draft.origin if decision.reply else "",
        "aplomo.calls": decision.usage.calls,
        "gen_ai.usage.input_tokens": decision.usage.input_tokens,
        "gen_ai.usage.output_tokens": decision.usage.output_tokens,
    }
    span.set_attributes({name: value for name, value in attributes.items() if value != ""})
    for name in decision.path:
        answer = decision.answers[name]
        event: dict[str, Any] = {
            "aplomo.question": name,
            "aplomo.answer": answer.answer,
            "aplomo.by": answer.by,
        }
        if answer.confidence is not None:
            event["aplomo.confidence"] = answer.confidence
        span.add_event("aplomo.answer", event)
