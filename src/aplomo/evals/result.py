"""What a run of a suite came to: the values that scores, comparisons and reports are made of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from aplomo.errors import InputError

__all__ = ["SCHEMA", "CallResult", "CaseResult", "RunResult", "load_run"]

SCHEMA = "aplomo.run/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """One answered model call: what it was for, the key of its recording, and its tokens."""

    purpose: str
    key: str
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What became of one case under one protocol.

    `decision` is a decision record (`aplomo.decision/1`), None when there is an `error`; `missed`
    says that the error is a call without a recording. `seconds` is wall-clock time.
    """

    case: str
    suite: str
    protocol: str
    decision: Mapping[str, Any] | None = None
    error: str | None = None
    missed: bool = False
    calls: tuple[CallResult, ...] = ()
    seconds: float = 0.0

    @property
    def asked(self) -> int:
        """The answers asked for: a call that only has a text read is none."""
        return sum(call.purpose != "state" for call in self.calls)

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape inside a run."""
        return {
            "case": self.case,
            "suite": self.suite,
            "protocol": self.protocol,
            "decision": None if self.decision is None else dict(self.decision),
            "error": self.error,
            "missed": self.missed,
            "calls": [
                {name: getattr(call, name) for name in CallResult.__slots__} for call in self.calls
            ],
            "seconds": round(self.seconds, 3),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "CaseResult":
        """The value that `to_dict` wrote. Raises KeyError or TypeError for anything else."""
        given: dict[str, Any] = {name: data[name] for name in cls.__slots__}
        given["calls"] = tuple(CallResult(**call) for call in data["calls"])
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One run of a suite under one protocol, its cases in the order of the case file.

    `prompts` are the hashes of the prompt files by name; `started` an ISO time. `full` says that
    every case of the suite ran. `served` calls were played (or recorded), `missed` had no
    recording, and `unplayed` recordings were there that no case asked for.
    """

    suite: str
    protocol: str
    protocol_sha256: str
    model: str
    started: str
    full: bool
    results: tuple[CaseResult, ...]
    prompts: Mapping[str, str] = field(default_factory=dict[str, str])
    served: int = 0
    missed: int = 0
    unplayed: int = 0
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether the run may become a baseline: every case ran and none ended in an error."""
        return self.full and all(result.error is None for result in self.results)

    def to_dict(self) -> dict[str, Any]:
        """The run as `aplomo.run/1`; only times and decision ids differ between equal runs."""
        names = [name for name in self.__slots__ if name not in ("results", "prompts", "seconds")]
        shape: dict[str, Any] = {"schema": SCHEMA} | {name: getattr(self, name) for name in names}
        shape["seconds"] = round(self.seconds, 3)
        shape["prompts"] = dict(sorted(self.prompts.items()))
        shape["results"] = [result.to_dict() for result in self.results]
        return shape

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RunResult":
        """The value that `to_dict` wrote. Raises InputError for anything else."""
        try:
            if data["schema"] != SCHEMA:
                raise InputError(f"the run's schema is {data['schema']!r}, expected {SCHEMA!r}")
            given: dict[str, Any] = {name: data[name] for name in cls.__slots__}
            given["results"] = tuple(CaseResult.from_dict(result) for result in data["results"])
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"not a run of a suite: {error!r}", hint=f"see {SCHEMA}") from None
        return cls(**given)


def load_run(path: Path) -> RunResult:
    """The run that `evals run --json` wrote at `path`. Raises InputError when it is not one."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return RunResult.from_dict(cast("Mapping[str, Any]", data))
    except (OSError, ValueError) as error:
        raise InputError(f"a run cannot be read: {error}", where=str(path)) from None
    except InputError as error:
        raise InputError(error.message, where=str(path), hint=error.hint) from None
