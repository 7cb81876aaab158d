"""What the embedded model has read of texts that never change, kept on disk.

Reading instructions and worked examples takes the model most of a minute on two cores; llama.cpp
writes what a slot has read to a file, and takes it back in milliseconds. Only the static part is
ever written: no word of a comment.
"""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aplomo.llm.port import Request

__all__ = ["Prefixes"]

MOST_FILES = 8
"""Files kept, the latest used; each takes some tens of megabytes."""

Read = Callable[[dict[str, Any]], object]
"""Has the model read the messages of a chat completion, in process."""

SlotAction = Callable[[int, str, str], bool]
"""Saves or restores a slot: slot number, "save" or "restore", file name; whether it worked."""


class Prefixes:
    """Makes sure that a slot has read a request's prefix before the request is sent.

    `folder` is where llama.cpp writes slots; `model` names the weights and the program exactly:
    what one has read is of no use to another.
    """

    def __init__(self, *, folder: Path, model: str, read: Read, act: SlotAction) -> None:
        self._folder = folder
        self._model = model
        self._read = read
        self._act = act
        self._held: dict[int, str] = {}

    def ready(self, slot: int, request: Request) -> None:
        """Have `slot` hold the request's prefix: as it is, from disk, or by reading it once.

        A disk that cannot be used only costs the time of reading.
        """
        if not request.prefix or self._held.get(slot) == (name := self._name(request)):
            return
        self._held[slot] = name
        path = self._folder / name
        if path.is_file():
            if self._act(slot, "restore", name):
                with suppress(OSError):
                    os.utime(path)
                return
            with suppress(OSError):
                path.unlink()
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        static = [*messages[: request.prefix], {"role": "user", "content": "-"}]
        self._read({"messages": static, "max_tokens": 1, "id_slot": slot, "cache_prompt": True})
        self._keep(slot, name)

    def _keep(self, slot: int, name: str) -> None:
        """Write the slot under a name of our own first, so that no reader sees half a file."""
        fresh = f"{name}.{os.getpid()}"
        if self._act(slot, "save", fresh):
            with suppress(OSError):
                (self._folder / fresh).replace(self._folder / name)
                self._prune()

    def _prune(self) -> None:
        files = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for file in files[:-MOST_FILES]:
            file.unlink(missing_ok=True)

    def _name(self, request: Request) -> str:
        static = [[m.role, m.content] for m in request.messages[: request.prefix]]
        packed = json.dumps([self._model, static], ensure_ascii=False)
        return hashlib.sha256(packed.encode()).hexdigest()[:32]
