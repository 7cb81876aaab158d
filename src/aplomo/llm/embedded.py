"""The default model, in this process: llama.cpp's own server on a loopback port.

It is reached by the same client as any endpoint. Each purpose (answers, drafts in one language,
drafts in another) keeps the static part of its prompt cached in a slot of its own; one request
runs at a time, since two would halve each other.
"""

import atexit
import json
import os
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aplomo.errors import ModelMissing
from aplomo.llm.port import Completion, Request
from aplomo.llm.weights import DEFAULT_WEIGHTS, PULL_HINT, Weights, checked, locate

if TYPE_CHECKING:
    from aplomo.llm.openai_compatible import OpenAICompatible
    from aplomo.llm.settings import ModelSettings

__all__ = ["EmbeddedModel", "Slots"]

_SILENT, _TALKATIVE = -1, 3  # llama.cpp's log levels
_SLOTS = 3
_SPINS = "2000"
# No spaces between tokens of JSON: a third fewer tokens to generate than the model's own habit.
_COMPACT = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}

_Key = tuple[Path, int, int]
_loaded: dict[_Key, "_Loaded"] = {}
_loading = threading.Lock()


class EmbeddedModel:
    """The embedded model; loaded at the first call, once per process, and kept until `close`.

    Calls raise ModelMissing when the weights or the package that runs them are not there.
    """

    def __init__(
        self,
        *,
        weights: Weights = DEFAULT_WEIGHTS,
        path: Path | None = None,
        threads: int | None = None,
        context: int = 12288,
    ) -> None:
        self._weights = weights
        self._given = path
        self._threads = threads or _physical_cores()
        self._context = context

    @classmethod
    def from_settings(cls, settings: "ModelSettings", *, path: str = "") -> "EmbeddedModel":
        """The model that `settings` describe; `path` names the file before `settings.weights`."""
        given = Path(path).expanduser() if path else settings.weights
        return cls(path=given, threads=settings.threads, context=settings.context)

    @property
    def name(self) -> str:
        """The pinned model's name, or that of the file given, when it is another model's."""
        given = self._given
        if given is None or (given.is_file() and given.stat().st_size == self._weights.size):
            return self._weights.name
        return given.stem

    @property
    def host(self) -> str:
        """Nothing outside this process is reached."""
        return ""

    def complete(self, request: Request, *, timeout: float) -> Completion:
        """Answer `request`; `timeout` counts from when the model is loaded, waiting included."""
        return self.load().complete(request, timeout=timeout)

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        """The async twin of `complete`."""
        import asyncio

        client = await asyncio.to_thread(self.load)
        return await client.acomplete(request, timeout=timeout)

    def load(self) -> "OpenAICompatible":
        """Load the weights, unless they are: some seconds, and longer when they must be hashed."""
        path = locate(self._weights, given=self._given)
        if path is None:
            where = str(self._given) if self._given else None
            raise ModelMissing("the model's weights are not there", where=where, hint=PULL_HINT)
        key = (path.resolve(), self._threads, self._context)
        with _loading:
            if key not in _loaded:
                _loaded[key] = _Loaded(checked(self._weights, path), *key[1:], self.name)
            return _loaded[key].client

    def close(self) -> None:
        """Free the model's memory, here and for whoever shares it; a later call loads it again."""
        path = locate(self._weights, given=self._given)
        with _loading:
            key = (path.resolve(), self._threads, self._context) if path else None
            if key in _loaded:
                _loaded.pop(key).close()

    def __enter__(self) -> "EmbeddedModel":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Loaded:
    """A running server and the client that alone knows its key."""

    def __init__(self, path: Path, threads: int, context: int, name: str) -> None:
        from aplomo.llm.openai_compatible import OpenAICompatible

        token = secrets.token_urlsafe(32)
        self._server = _serve(path, threads, context, token)
        self.client = OpenAICompatible(
            model=name,
            base_url=f"{self._server.listening_address}/v1",
            api_key=token,
            structured="none",
            extra=Slots().extra_fields,
            at_once=1,
        )

    def close(self) -> None:
        """End the client first: the server would wait for a request in flight for ever."""
        self.client.close()
        self._server = None


def _serve(path: Path, threads: int, context: int, token: str) -> Any:
    """Start llama.cpp's server on a free loopback port, closed to everyone without `token`."""
    # Read when OpenMP loads. By default its threads spin for each other at every barrier, so that
    # another program on the cores makes the model several times slower; alone, this costs a sixth.
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    try:
        import xllamacpp
    except ImportError as error:
        raise ModelMissing(
            f"the package that runs the model is not there: {error}",
            hint="install it with: pip install 'aplomo[embedded]'",
        ) from None
    native: Any = xllamacpp
    params = native.CommonParams()
    params.model.path = str(path)
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [token]
    params.cors_origins, params.ui, params.endpoint_slots = "", False, False
    params.n_ctx, params.n_parallel, params.cache_ram_mib = context, _SLOTS, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.warmup, params.endpoint_metrics = False, True
    params.verbosity = _TALKATIVE if os.environ.get("APLOMO_DEBUG") else _SILENT
    try:
        server = native.Server(params)
    except RuntimeError as error:
        raise ModelMissing(
            f"the weights cannot be loaded: {error}",
            where=str(path),
            hint="the file is damaged or not a model of a known kind; APLOMO_DEBUG=1 tells more",
        ) from None
    # Answered by the server's loop: ending a server whose loop has not begun hangs.
    server.handle_metrics()
    return server


class Slots:
    """Which slot serves which purpose: the one used longest ago goes to a new purpose."""

    def __init__(self) -> None:
        self._purposes = [""] * _SLOTS
        self._by_age = list(range(_SLOTS))
        self._lock = threading.Lock()

    def extra_fields(self, request: Request) -> dict[str, Any]:
        """What llama.cpp understands beyond OpenAI's fields: slot, cache, a compact grammar."""
        extra: dict[str, Any] = {"id_slot": self._slot(request.purpose), "cache_prompt": True}
        if request.schema is not None:
            schema = json.dumps({**request.schema, "x-guidance": _COMPACT}, ensure_ascii=False)
            extra["grammar"] = f"%llguidance {{}}\nstart: %json {schema}"
        return extra

    def _slot(self, purpose: str) -> int:
        with self._lock:
            known = purpose in self._purposes
            slot = self._purposes.index(purpose) if known else self._by_age[0]
            self._purposes[slot] = purpose
            self._by_age.remove(slot)
            self._by_age.append(slot)
            return slot


def _physical_cores() -> int:
    """Cores this process may use, hyperthreads counted once: more threads only slow it down."""
    count = os.cpu_count() or 1
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(count)
    topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    try:
        return len({Path(topology.format(number)).read_text() for number in usable})
    except OSError:
        return max(1, len(usable))


@atexit.register
def _close_all() -> None:
    while _loaded:
        _loaded.popitem()[1].close()
