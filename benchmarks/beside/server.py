"""The one model server: the embedded model behind llama.cpp's own OpenAI-compatible endpoint.

Its prompt cache is llama.cpp's: whoever asks, the slot that has read most of the prompt is taken,
and what a slot had read goes to memory instead of being lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aplomo.errors import ModelMissing
from aplomo.llm.llama import LlamaServer, physical_cores
from aplomo.llm.weights import DEFAULT_WEIGHTS, PULL_HINT, checked, locate

SLOTS, TOKENS = 4, 12288
"""How many prompts are read at a time, and the longest of them."""
CACHE_MIB = 6144


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a model is: an OpenAI-compatible base URL without its `/v1`, its key, its name."""

    address: str
    key: str
    model: str


@contextmanager
def embedded(weights: Path | None = None) -> Iterator[Endpoint]:
    """The default model, served until the block ends. Raises ModelMissing without weights."""
    path = locate(DEFAULT_WEIGHTS, given=weights)
    if path is None:
        raise ModelMissing("the model's weights are not there", hint=PULL_HINT)
    server = LlamaServer(
        checked(DEFAULT_WEIGHTS, path),
        threads=physical_cores(),
        context=SLOTS * TOKENS,
        slots=SLOTS,
        saved=None,
        cache_mib=CACHE_MIB,
    )
    try:
        yield Endpoint(address=server.address, key=server.token, model=DEFAULT_WEIGHTS.name)
    finally:
        server.close()
