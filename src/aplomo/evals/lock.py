"""The lock of a suite: what its recordings were made with, and which calls each case made."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from aplomo.errors import ConfigError
from aplomo.evals.atomic import write_atomically

__all__ = ["SCHEMA", "CaseLock", "Lock", "ModelLock", "libraries", "load_lock", "save_lock"]

SCHEMA = "aplomo.lock/1"
_LIBRARIES = ("aplomo", "openai", "pydantic", "vcrpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLock:
    """How the model was asked, as far as it shows in a request.

    `path` is that of the base URL; `host` what decision records say; `refused` the parameters that
    the model did not take.
    """

    kind: Literal["embedded", "endpoint", "langchain"]
    name: str
    host: str = ""
    path: str = "/v1"
    structured: Literal["json_schema", "json_object", "none"] = "none"
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLock:
    """A case's comment, as a hash, and its calls in order: what for, and the key's beginning."""

    comment: str
    calls: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What a suite was recorded with.

    `recorded` is the day of its latest recording, `today` the one on which facts must hold;
    `parts` are hashes of all that requests are made of, by readable name.
    """

    suite: str
    protocol: str
    recorded: str
    today: date
    model: ModelLock
    parts: Mapping[str, str]
    libraries: Mapping[str, str]
    cases: Mapping[str, CaseLock] = field(default_factory=dict[str, CaseLock])


def libraries() -> dict[str, str]:
    """The versions of what makes a request."""
    return {name: version(name) for name in _LIBRARIES}


def save_lock(path: Path, lock: Lock) -> None:
    """Write the lock, sorted: an equal one gives the same bytes."""
    shape = asdict(lock) | {
        "schema": SCHEMA,
        "recorded": lock.recorded,
        "today": lock.today.isoformat(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, _text(shape))


def load_lock(path: Path) -> Lock | None:
    """The lock at `path`, None when there is none. Raises ConfigError when it cannot be read."""
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema is {data['schema']!r}, expected {SCHEMA!r}")
        model = data["model"] | {"refused": tuple(data["model"]["refused"])}
        return Lock(
            suite=data["suite"],
            protocol=data["protocol"],
            recorded=data["recorded"],
            today=date.fromisoformat(data["today"]),
            model=ModelLock(**model),
            parts=data["parts"],
            libraries=data["libraries"],
            cases={name: _case(entry) for name, entry in data["cases"].items()},
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "restore it from version control"
        raise ConfigError(f"the lock is damaged: {error!r}", where=str(path), hint=hint) from None


def _case(entry: Mapping[str, Any]) -> CaseLock:
    calls = tuple((str(purpose), str(key)) for purpose, key in entry["calls"])
    return CaseLock(comment=entry["comment"], calls=calls)


def _text(shape: Mapping[str, Any]) -> str:
    """JSON with a line for each case."""
    cases: Mapping[str, Any] = shape["cases"]
    lines = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(cases[name], sort_keys=True)}" for name in sorted(cases)
    )
    rest = {name: shape[name] for name in shape if name != "cases"}
    head = json.dumps(rest, ensure_ascii=False, sort_keys=True, indent=1)
    return head[:-2] + f',\n "cases": {{\n{lines}\n }}\n}}\n'
