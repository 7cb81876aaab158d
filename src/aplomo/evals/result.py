"""What a run of a suite came to: the values that scores, comparisons and reports are made of."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from aplomo.errors import InputError

__all__ = [
    "JUDGE",
    "SCHEMA",
    "CallResult",
    "CaseResult",
    "Judgement",
    "RunResult",
    "load_run",
    "stale_words",
]

SCHEMA = "aplomo.run/1"
JUDGE = "judge:"
"""How the purpose of a judge's call begins; its language follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """One answered model call: what it was for, the key of its recording, and its tokens."""

    purpose: str
    key: str
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a judging model says of one draft; "missing" when its call has no recording.

    `problems` are pairs: a piece of the draft, as written there, and what is wrong with it.
    `reason` says why a judgement is unsure or missing.
    """

    verdict: Literal["ready", "not_ready", "unsure", "missing"]
    problems: tuple[tuple[str, str], ...] = ()
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape inside a run."""
        problems = [{"quote": quote, "problem": problem} for quote, problem in self.problems]
        return {"verdict": self.verdict, "problems": problems, "reason": self.reason}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Judgement":
        """The value that `to_dict` wrote. Raises KeyError or TypeError for anything else."""
        problems = tuple((one["quote"], one["problem"]) for one in data["problems"])
        return cls(verdict=data["verdict"], problems=problems, reason=data["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What became of one case under one protocol.

    `decision` is a decision record (`aplomo.decision/1`), None when there is an `error`; `missed`
    says that the error is a call without a recording. `judgement` is None where no judge was asked.
    `seconds` is wall-clock time, the judge's apart.
    """

    case: str
    suite: str
    protocol: str
    decision: Mapping[str, Any] | None = None
    error: str | None = None
    missed: bool = False
    calls: tuple[CallResult, ...] = ()
    judgement: Judgement | None = None
    seconds: float = 0.0

    @property
    def asked(self) -> int:
        """The answers that the decision took: a text only read is none, the judge's are apart."""
        return sum(call.purpose != "state" for call in self.deciding)

    @property
    def deciding(self) -> tuple[CallResult, ...]:
        """The calls that the decision took: without the judge's."""
        return tuple(call for call in self.calls if not call.purpose.startswith(JUDGE))

    @property
    def unrecorded(self) -> bool:
        """Whether a call of the case, its judge's included, has no recording."""
        return self.missed or (self.judgement is not None and self.judgement.verdict == "missing")

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
            "judgement": self.judgement.to_dict() if self.judgement else None,
            "seconds": round(self.seconds, 3),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "CaseResult":
        """The value that `to_dict` wrote. Raises KeyError or TypeError for anything else."""
        names = [name for name in cls.__slots__ if name != "judgement"]
        given: dict[str, Any] = {name: data[name] for name in names}
        given["calls"] = tuple(CallResult(**call) for call in data["calls"])
        judged = data.get("judgement")
        given["judgement"] = Judgement.from_dict(judged) if judged else None
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One run of a suite under one protocol, its cases in the order of the case file.

    `prompts` are the hashes of the prompt files by name; `started` an ISO time. `full` says that
    every case of the suite ran. `stale` are question rounds whose calibration was fitted under
    another prompt. `served` calls were played (or recorded), `missed` had no
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
    stale: tuple[int, ...] = ()
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
        apart = ("results", "prompts", "stale", "seconds")
        names = [name for name in self.__slots__ if name not in apart]
        shape: dict[str, Any] = {"schema": SCHEMA} | {name: getattr(self, name) for name in names}
        shape["seconds"] = round(self.seconds, 3)
        shape["prompts"] = dict(sorted(self.prompts.items()))
        shape["stale"] = list(self.stale)
        shape["results"] = [result.to_dict() for result in self.results]
        return shape

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RunResult":
        """The value that `to_dict` wrote. Raises InputError for anything else."""
        try:
            if data["schema"] != SCHEMA:
                raise InputError(f"the run's schema is {data['schema']!r}, expected {SCHEMA!r}")
            given: dict[str, Any] = {name: data[name] for name in cls.__slots__ if name != "stale"}
            given["stale"] = tuple(data.get("stale", ()))
            given["results"] = tuple(CaseResult.from_dict(result) for result in data["results"])
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"not a run of a suite: {error!r}", hint=f"see {SCHEMA}") from None
        return cls(**given)


def stale_words(suite: str, protocol: str, rounds: Collection[int], splits: Collection[str]) -> str:
    """That the calibration of some rounds says nothing any more, and how to make another.

    From the recordings where cases of the calibration split are among those recorded (`splits`),
    else with the model.
    """
    cases = f"{suite} --replay" if "calibration" in splits else f"evals/{suite}/cases.yaml"
    return (
        f"the calibration of round {', '.join(map(str, rounds))} was fitted under another prompt:"
        f" aplomo evals calibrate {cases} --protocol {protocol} --output calibration"
    )


def load_run(path: Path) -> RunResult:
    """The run that `evals run --json` wrote at `path`. Raises InputError when it is not one."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return RunResult.from_dict(cast("Mapping[str, Any]", data))
    except (OSError, ValueError) as error:
        raise InputError(f"a run cannot be read: {error}", where=str(path)) from None
    except InputError as error:
        raise InputError(error.message, where=str(path), hint=error.hint) from None
