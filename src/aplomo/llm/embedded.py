"""The default model, in this process: llama.cpp's own server on a loopback port.

It is reached by the same client as any endpoint. Each purpose (answers, drafts in one language,
drafts in another) keeps the static part of its prompt in a slot, and on disk for the next process;
one slot is for texts that are only read. One request runs at a time: two would halve each other.
"""

import atexit
import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aplomo.errors import ModelMissing
from aplomo.llm.llama import LlamaServer, physical_cores
from aplomo.llm.port import Completion, Request
from aplomo.llm.prefix import Prefixes
from aplomo.llm.weights import (
    DEFAULT_WEIGHTS,
    ELSEWHERE_HINT,
    PULL_HINT,
    Weights,
    cache_folder,
    checked,
    locate,
)

if TYPE_CHECKING:
    from aplomo.llm.openai_compatible import OpenAICompatible
    from aplomo.llm.settings import ModelSettings

__all__ = ["EmbeddedModel", "Slots"]

_SLOTS = 3
_WRITING = _SLOTS - 1  # slots that answer; the server takes the other one for what is only read
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
        context: int = 16384,
    ) -> None:
        self._weights = weights
        self._given = path
        self._threads = threads or physical_cores()
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
            hint = ELSEWHERE_HINT if self._given else PULL_HINT
            raise ModelMissing("the model's weights are not there", where=where, hint=hint)
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

        folder = cache_folder(kind="prefixes")
        self._server = LlamaServer(
            path, threads=threads, context=context, slots=_SLOTS, saved=_writable(folder)
        )
        prefixes = Prefixes(
            folder=folder,
            model=_identity(path),
            read=self._server.read,
            act=self._server.act_on_slot,
        )
        self.client = OpenAICompatible(
            model=name,
            base_url=f"{self._server.address}/v1",
            api_key=self._server.token,
            structured="none",
            extra=Slots(prefixes).extra_fields,
            at_once=1,
        )

    def close(self) -> None:
        """End the client first: the server would wait for a request in flight for ever."""
        self.client.close()
        self._server.close()


def _writable(folder: Path) -> Path | None:
    """`folder`, made if need be; None where nothing can be written."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        return folder if os.access(folder, os.W_OK) else None
    return None


def _identity(path: Path) -> str:
    """These very weights, run by this very program."""
    from importlib.metadata import version

    stat = path.stat()
    return f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns} {version('xllamacpp')}"


class Slots:
    """Which slot serves which purpose: the one used longest ago goes to a new purpose."""

    def __init__(self, prefixes: Prefixes | None = None) -> None:
        self._prefixes = prefixes
        self._purposes = [""] * _WRITING
        self._by_age = list(range(_WRITING))
        self._lock = threading.Lock()

    def extra_fields(self, request: Request) -> dict[str, Any]:
        """What llama.cpp understands beyond OpenAI's fields: slot, cache, a compact grammar.

        Asked for while the request has its turn, so the slot reads the prefix first.
        """
        slot = self._slot(request.purpose)
        if self._prefixes:
            self._prefixes.ready(slot, request)
        extra: dict[str, Any] = {"id_slot": slot, "cache_prompt": True}
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


@atexit.register
def _close_all() -> None:
    while _loaded:
        _loaded.popitem()[1].close()
