"""What a team demands of a run: `[evals.gate]` of `aplomo.toml`."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from aplomo.document import did_you_mean
from aplomo.errors import ConfigError
from aplomo.evals.settings import evals_table
from aplomo.evals.verdicts import ANSWER, CHECK

__all__ = ["GateSettings", "gate_settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """The demands, each in the unit a reader would say it in.

    `at_least` are shares in 0..1 by metric (see `Scores`), to hold on the lower end of the Wilson
    interval of `confidence`; `significance` is the p-value under which flips count as worse than
    noise; `errors` how many cases may end in one; `calls`, `tokens` (a case, on average) and
    `seconds` (a case, at 95 %) are budgets, None for no limit.
    """

    confidence: float = 0.95
    significance: float = 0.05
    at_least: Mapping[str, float] = field(default_factory=dict[str, float])
    errors: int = 0
    calls: float | None = None
    tokens: float | None = None
    seconds: float | None = None


def gate_settings(
    settings: Mapping[str, Any], suite: str, where: str, others: Collection[str] = ()
) -> GateSettings:
    """The demands on `suite`, from the whole of `aplomo.toml`; the defaults when it has none.

    `[evals.gate]` holds for every suite; `[evals.gate.suites.NAME]` comes before it for one: for
    `suite`, or for one of the `others`. Raises ConfigError that names every wrong key and value.
    """
    table: Any = evals_table(settings, where).get("gate", {})
    if not isinstance(table, dict):
        raise ConfigError("[evals.gate] is not a table", where=where)
    gate = _validated(table, where)
    suites: Mapping[str, Any] = gate.pop("suites")
    known = sorted({suite, *others})
    for name in suites:
        if name not in known:
            hint = did_you_mean(name, known) or f"suites: {', '.join(known)}"
            raise ConfigError(f"evals.gate.suites.{name} is no suite", where=where, hint=hint)
    of_suite: Mapping[str, Any] = suites.get(suite, {})
    at_least = {**gate.pop("at_least"), **of_suite.get("at_least", {})}
    given = {**gate, **{name: of_suite[name] for name in of_suite if name != "at_least"}}
    return GateSettings(**given, at_least=dict(_metrics(at_least)))


def _validated(table: Any, where: str) -> dict[str, Any]:
    from pydantic import ValidationError

    from aplomo.evals.gate_shape import GateShape

    try:
        shape = GateShape.model_validate(table)
    except ValidationError as error:
        lines = [_line(item) for item in error.errors(include_url=False)]
        raise ConfigError("; ".join(lines), where=where, hint="see docs/evals.md") from None
    return shape.model_dump(exclude_unset=True) | {
        "at_least": shape.at_least.model_dump(exclude_unset=True),
        "suites": {
            name: suite.model_dump(exclude_unset=True) for name, suite in shape.suites.items()
        },
    }


def _line(item: Any) -> str:
    """One problem, named as the file writes it."""
    from aplomo.evals.gate_shape import known_keys

    place = [str(part) for part in item["loc"] if part not in ("float", "ByLabel")]
    name = ".".join(["evals.gate", *place])
    if item["type"] == "extra_forbidden":
        near = did_you_mean(place[-1], known_keys(place[:-1]))
        return f"{name} is not known" + (f" ({near})" if near else "")
    return f"{name}: {item['msg'][0].lower()}{item['msg'][1:]}"


def _metrics(at_least: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The metric of every threshold."""
    for name, value in at_least.items():
        if name == "checks":
            yield from ((CHECK + check, share) for check, share in value.items())
        elif name == "answers":
            for question, share in value.items():
                yield from _of_question(question, share)
        else:
            yield name, value


def _of_question(question: str, share: Any) -> Iterator[tuple[str, float]]:
    if not isinstance(share, dict):
        yield ANSWER + question, share
        return
    for label, value in cast("dict[str, float | None]", share).items():
        if value is not None:
            yield f"{ANSWER}{question}={label}", value
