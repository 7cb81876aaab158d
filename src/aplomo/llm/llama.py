"""llama.cpp's own server, run in this process on a loopback port."""

import json
import os
import secrets
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aplomo.errors import ModelMissing

__all__ = ["LlamaServer", "physical_cores"]

_SILENT, _TALKATIVE = -1, 3  # llama.cpp's log levels
_SPINS = "2000"
_ALIKE = 0.001  # the share of a text that a slot must have read for it to be chosen
_TURN = "<|im_start|>user\n"  # how what is only read begins


class LlamaServer:
    """A running server, closed to everyone without `token`.

    `path` names the weights; `context` is in tokens, shared by `slots`; what slots have read may be
    saved in the folder `saved` (None: nowhere), and the server keeps up to `cache_mib` MiB of it in
    memory when it gives a slot to another prompt. Raises ModelMissing when it cannot start.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int,
        context: int,
        slots: int,
        saved: Path | None,
        cache_mib: int = 0,
    ) -> None:
        native = _native()
        self.token = secrets.token_urlsafe(32)
        params = native.CommonParams()
        params.model.path = str(path)
        params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [self.token]
        params.cors_origins, params.ui, params.endpoint_slots = "", False, saved is not None
        params.slot_save_path = f"{saved}/" if saved else ""
        params.n_ctx, params.n_parallel, params.cache_ram_mib = context, slots, cache_mib
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.warmup, params.endpoint_metrics = False, True
        # One server both writes and tells its state after a text: at the text's last token.
        params.embedding, params.slot_prompt_similarity = True, _ALIKE
        params.pooling_type = native.llama_pooling_type.LLAMA_POOLING_TYPE_LAST
        params.verbosity = _TALKATIVE if os.environ.get("APLOMO_DEBUG") else _SILENT
        try:
            self._server: Any = native.Server(params)
        except RuntimeError as error:
            raise ModelMissing(
                f"the weights cannot be loaded: {error}",
                where=str(path),
                hint="the file is damaged or of an unknown kind; APLOMO_DEBUG=1 tells more",
            ) from None
        # Answered by the server's loop: ending a server whose loop has not begun hangs.
        self._server.handle_metrics()
        # What is only read goes to the slot that has read what begins most alike. The first such
        # text takes the last slot, which no prefix is in yet, and so the later ones do.
        self._server.handle_embeddings({"input": _TURN})

    @property
    def address(self) -> str:
        """Where it listens: http://127.0.0.1:port."""
        return str(self._server.listening_address)

    def read(self, body: dict[str, Any]) -> object:
        """Answer a chat completion in process."""
        return self._server.handle_chat_completions(body)

    def act_on_slot(self, slot: int, action: str, file: str) -> bool:
        """Save or restore a slot, which the server does over HTTP only; whether it worked."""
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        head = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            body = json.dumps({"filename": file})
            connection.request("POST", f"/slots/{slot}?action={action}", body, head)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def close(self) -> None:
        """End it and free its memory; no request may be in flight."""
        self._server = None


def _native() -> Any:
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
    return xllamacpp


def physical_cores() -> int:
    """Cores this process may use, hyperthreads counted once: more threads only slow it down."""
    count = os.cpu_count() or 1
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(count)
    topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    try:
        return len({Path(topology.format(number)).read_text() for number in usable})
    except OSError:
        return max(1, len(usable))
