"""What a model needs and whether it is there: packages, weights, key, endpoint."""

import platform
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from aplomo.errors import ModelMissing
from aplomo.llm.settings import EMBEDDED, LANGCHAIN, OPENAI_URL, ModelSettings
from aplomo.llm.weights import (
    DEFAULT_WEIGHTS,
    ELSEWHERE_HINT,
    PULL_HINT,
    Weights,
    cache_folder,
    checked,
    is_checked,
    locate,
)

__all__ = ["Finding", "Report", "cached_models", "examine"]

CHECK_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: "ok", "missing" (and how to fix it), or "absent" and not needed."""

    subject: str
    state: Literal["ok", "missing", "absent"]
    detail: str
    fix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All findings, and the settings in force with where each was set."""

    findings: tuple[Finding, ...]
    settings: Mapping[str, Mapping[str, object]]

    @property
    def usable(self) -> bool:
        """Whether nothing that the model needs is missing."""
        return all(finding.state != "missing" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape."""
        return {
            "usable": self.usable,
            "findings": [asdict(finding) for finding in self.findings],
            "settings": {name: dict(row) for name, row in self.settings.items()},
        }


def examine(
    settings: ModelSettings, *, check: bool = False, weights: Weights = DEFAULT_WEIGHTS
) -> Report:
    """Look at what the model of `settings` needs; the endpoint is reached only with `check`."""
    findings = [Finding(subject="python", state="ok", detail=platform.python_version())]
    findings += _packages(settings)
    if settings.embedded:
        findings.append(_weights(settings, weights))
    elif not (settings.model or "").startswith(f"{LANGCHAIN}:"):
        findings += _endpoint(settings, check=check)
    return Report(findings=tuple(findings), settings=settings.shown())


def cached_models(weights: Weights = DEFAULT_WEIGHTS) -> list[dict[str, str]]:
    """Every GGUF file in the cache; the pinned one even when it is not there."""
    folder = cache_folder()
    rows = [{"name": weights.name, "state": _state(weights, folder), "path": str(folder)}]
    rows[0]["path"] = str(folder / weights.file)
    others = sorted(path for path in folder.glob("*.gguf") if path.name != weights.file)
    rows += [{"name": path.stem, "state": _size(path), "path": str(path)} for path in others]
    return rows


def _state(weights: Weights, folder: Path) -> str:
    path = locate(weights, folder=folder)
    if path is not None:
        return f"{_size(path)}, {'checked' if is_checked(weights, path) else 'not checked yet'}"
    part = folder / f"{weights.file}.part"
    return f"interrupted at {_size(part)}" if part.exists() else f"not there ({PULL_HINT})"


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e9:.2f} GB"


def _packages(settings: ModelSettings) -> Iterator[Finding]:
    kind = EMBEDDED if settings.embedded else (settings.model or "").partition(":")[0]
    extra = "pip install 'aplomo[embedded]'"
    needs = {"openai": kind != LANGCHAIN, "langchain-core": kind == LANGCHAIN, "tenacity": True}
    for name, needed in {**needs, "xllamacpp": kind == EMBEDDED, "huggingface-hub": False}.items():
        try:
            yield Finding(subject=name, state="ok", detail=version(name))
        except PackageNotFoundError:
            state = "missing" if needed else "absent"
            fix = (extra if kind == EMBEDDED else f"pip install {name}") if needed else None
            yield Finding(subject=name, state=state, detail="not installed", fix=fix)


def _weights(settings: ModelSettings, weights: Weights) -> Finding:
    named = (settings.model or "").partition(":")[2]
    given = Path(named).expanduser() if named else settings.weights
    path = locate(weights, given=given)
    if path is None:
        where = given or cache_folder() / weights.file
        fix = ELSEWHERE_HINT if given else PULL_HINT
        return Finding(subject="weights", state="missing", detail=f"not at {where}", fix=fix)
    try:
        checked(weights, path)
    except ModelMissing as error:
        return Finding(subject="weights", state="missing", detail=str(error), fix=error.hint)
    pinned = "checked" if is_checked(weights, path) else "another model than the pinned one"
    return Finding(subject="weights", state="ok", detail=f"{path} ({_size(path)}, {pinned})")


def _endpoint(settings: ModelSettings, *, check: bool) -> Iterator[Finding]:
    url = settings.base_url or OPENAI_URL
    if url == OPENAI_URL and not settings.api_key:
        fix = "set APLOMO_API_KEY"
        yield Finding(subject="API key", state="missing", detail="none for this endpoint", fix=fix)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if not check:
        detail = f"{host}:{port} (not tried; --check does)"
        yield Finding(subject="endpoint", state="ok", detail=detail)
        return
    try:
        socket.create_connection((host, port), timeout=CHECK_SECONDS).close()
    except OSError as error:
        detail = f"{host}:{port} cannot be reached: {error.strerror or error}"
        fix = "is the server running, and the base URL right?"
        yield Finding(subject="endpoint", state="missing", detail=detail, fix=fix)
    else:
        yield Finding(subject="endpoint", state="ok", detail=f"{host}:{port} can be reached")
