"""What makes a replay fail before any answer is judged: the recordings and the suite must agree."""

from collections.abc import Iterator

from aplomo.evals.recording.secrets import find_secrets
from aplomo.evals.result import RunResult, stale_words
from aplomo.evals.run import Bench

__all__ = ["failures"]

_SHOWN = 10


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
        splits = {case.split for case in bench.suite.played}
        yield stale_words(result.suite, result.protocol, result.stale, splits)
    secrets = list(find_secrets(bench.place.store.load(), bench.place.allowed()))
    yield from secrets[:_SHOWN]
    if len(secrets) > _SHOWN:
        yield f"and {len(secrets) - _SHOWN} secrets more"
