"""What makes a replay fail before any answer is judged: the recordings and the suite must agree."""

from collections.abc import Collection, Iterator

from aplomo.evals.recording.secrets import find_secrets
from aplomo.evals.result import RunResult
from aplomo.evals.run import Bench

__all__ = ["failures", "stale_words"]

_SHOWN = 10


def stale_words(suite: str, protocol: str, rounds: Collection[int]) -> str:
    """That the calibration of some rounds says nothing any more, and how to make another."""
    return (
        f"the calibration of round {', '.join(map(str, rounds))} was fitted under another prompt:"
        f" aplomo evals calibrate {suite} --protocol {protocol} --replay --output calibration"
    )


def failures(bench: Bench, result: RunResult) -> Iterator[str]:
    """One line for each reason not to trust the run: misses, orphans, nothing served, secrets."""
    errors = [one for one in result.results if one.error]
    for one in errors[:_SHOWN]:
        yield f"{one.case}: {one.error}"
    if len(errors) > _SHOWN:
        yield f"and {len(errors) - _SHOWN} cases more that did not end"
    if result.missed:
        command = f"aplomo evals record {bench.suite.name} --misses"
        yield f"{result.missed} calls have no recording: {command}"
    if not result.served and result.results:
        yield "no call was served: nothing was tested"
    if result.unplayed:
        yield f"{result.unplayed} recordings are asked for by no case (orphans)"
    if result.stale:
        yield stale_words(result.suite, result.protocol, result.stale)
    secrets = list(find_secrets(bench.place.store.load(), bench.place.allowed()))
    yield from secrets[:_SHOWN]
    if len(secrets) > _SHOWN:
        yield f"and {len(secrets) - _SHOWN} secrets more"
