"""What the commands that look at runs share: getting one, and reviewing it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aplomo.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from aplomo.evals.result import RunResult
    from aplomo.evals.review import Review
    from aplomo.evals.run import Bench

__all__ = ["replayed", "reviewed", "runs"]


def runs(
    suite: str, protocol: str | None, saved: tuple[Path, ...]
) -> "list[tuple[Bench, RunResult]]":
    """A run of the suite under each of its protocols: as saved, else replayed now.

    Raises UsageError when a saved run is not of this suite, or of no protocol asked for.
    """
    from aplomo.evals.result import load_run
    from aplomo.evals.run import open_benches

    benches = {
        bench.place.protocol: bench for bench in open_benches(suite, [protocol] if protocol else [])
    }
    if not saved:
        return [(bench, replayed(bench)) for bench in benches.values()]
    found: list[tuple[Bench, RunResult]] = []
    for path in saved:
        run = load_run(path)
        bench = benches.get(run.protocol)
        if bench is None or bench.suite.name != run.suite:
            raise UsageError(f"this run is of {run.suite}/{run.protocol}", where=str(path))
        found.append((bench, run))
    return found


def reviewed(suite: str, protocol: str | None, saved: tuple[Path, ...]) -> "list[Review]":
    """The runs, against their baselines, under the gate of this workspace."""
    from aplomo.evals.baseline import load_baseline
    from aplomo.evals.gate_settings import gate_settings
    from aplomo.evals.place import suite_names
    from aplomo.evals.review import review

    found: list[Review] = []
    for bench, run in runs(suite, protocol, saved):
        place = bench.workspace
        where = f"{place.root or '.'}/aplomo.toml"
        demands = gate_settings(place.settings, run.suite, where, suite_names(place))
        baseline = load_baseline(bench.place.baseline)
        found.append(review(run, bench.suite.cases, baseline, demands))
    return found


def replayed(bench: "Bench", ids: "Collection[str]" = (), concurrency: int = 1) -> "RunResult":
    """A replay of the suite, or of the cases named, with a bar on a terminal."""
    from tqdm import tqdm

    from aplomo.evals.session import replay

    total = len(bench.chosen(ids))
    with tqdm(total=total, unit="case", disable=not sys.stderr.isatty()) as bar:
        return replay(bench, ids, concurrency=concurrency, progress=lambda _: bar.update())
