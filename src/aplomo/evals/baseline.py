"""The accepted state of a suite under a protocol, committed beside its cases."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aplomo.errors import ConfigError, UsageError
from aplomo.evals.result import RunResult, stale_words
from aplomo.evals.snapshot import Judged, Snapshot

__all__ = ["SCHEMA", "Baseline", "accept", "load_baseline"]

SCHEMA = "aplomo.baseline/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a suite came to when it was accepted, a snapshot by case id."""

    suite: str
    protocol: str
    protocol_sha256: str
    model: str
    prompts: Mapping[str, str]
    cases: Mapping[str, Snapshot]

    def to_json(self) -> str:
        """The file's text: sorted and indented, so that equal runs give equal bytes."""
        shape: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        shape |= {
            "schema": SCHEMA,
            "prompts": dict(self.prompts),
            "cases": {id_: snapshot.to_dict() for id_, snapshot in self.cases.items()},
        }
        return json.dumps(shape, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def load_baseline(path: Path) -> Baseline | None:
    """The baseline at `path`; None when there is none. Raises ConfigError when it is broken."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if (schema := data.pop("schema", None)) != SCHEMA:
            raise ValueError(f"its schema is {schema!r}, expected {SCHEMA!r}")
        cases = {id_: Snapshot.from_dict(snapshot) for id_, snapshot in data["cases"].items()}
        return Baseline(**data | {"cases": cases})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "restore it from version control, or accept a full run again"
        raise ConfigError(f"the baseline is broken: {error}", where=str(path), hint=hint) from None


def accept(run: RunResult, judged: Sequence[Judged]) -> Baseline:
    """The baseline that `run` becomes.

    Raises UsageError when the run is of a part of the suite, or when a case ended in an error.
    """
    where = f"{run.suite} under {run.protocol}"
    if not run.full:
        hint = "run the whole suite: a part would drop every other case from the baseline"
        raise UsageError("only a full run can be accepted", where=where, hint=hint)
    if run.missed:
        hint = "aplomo evals record --misses"
        raise UsageError(f"{run.missed} calls have no recording", where=where, hint=hint)
    if run.stale:
        splits = {one.case.split for one in judged}
        raise UsageError(stale_words(run.suite, run.protocol, run.stale, splits), where=where)
    if failed := [one.case.id for one in judged if one.snapshot.error is not None]:
        names = ", ".join(failed[:5]) + (" …" if len(failed) > 5 else "")
        message = f"{len(failed)} of {len(judged)} cases ended in an error: {names}"
        raise UsageError(message, where=where, hint="aplomo evals run shows them")
    return Baseline(
        suite=run.suite,
        protocol=run.protocol,
        protocol_sha256=run.protocol_sha256,
        model=run.model,
        prompts=dict(run.prompts),
        cases={one.case.id: one.snapshot for one in judged},
    )
