"""How long a protocol takes to load, beside parsing its YAML alone.

    python benchmarks/load.py [PROTOCOL] [--times N]

Processor time, so that what else runs on the machine counts little; the least of N. The rules'
cache is emptied each time.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from time import process_time

from aplomo.assets import folder
from aplomo.plain_yaml import parse
from aplomo.protocol.load import find_protocol, load
from aplomo.protocol.rule import compile_rule


def least(times: int, work: Callable[[], object]) -> float:
    """The shortest of `times` runs, in milliseconds of processor time."""
    found: list[float] = []
    for _ in range(times):
        compile_rule.cache_clear()
        start = process_time()
        work()
        found.append(1000 * (process_time() - start))
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("protocol", nargs="?", default="brand-care")
    parser.add_argument("--times", type=int, default=7)
    given = parser.parse_args()
    path: Path = find_protocol(given.protocol, [folder("protocols")])
    text = path.read_text(encoding="utf-8")
    parsed = least(given.times, lambda: parse(text))
    loaded = least(given.times, lambda: load(path))
    print(f"{path.stem}: parse {parsed:.1f} ms, load {loaded:.1f} ms, ratio {loaded / parsed:.2f}")


if __name__ == "__main__":
    main()
