"""Aplomo beside others, on one model server and the same comments.

    python -m benchmarks.beside [--peer NAME ...] [--protocol P] [--most N] [--cases FILE]

Starts the embedded model once (or uses --base-url), makes the peers' environments in the cache
folder, asks everybody the same comments in turn, and prints a table; --output also writes
FILE.json, with every answer, and FILE.md. docs/beside.md says what is compared, and how.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.beside.contest import Contest, opened
from benchmarks.beside.ground import Ground
from benchmarks.beside.judge import Judged
from benchmarks.beside.peer import PEERS
from benchmarks.beside.sample import chosen
from benchmarks.beside.server import Endpoint, embedded
from benchmarks.beside.table import Plain, as_json, as_markdown


def main() -> None:
    given = _arguments()
    ground = Ground.of(given.protocol)
    warm, cases = chosen(given.cases, given.protocol, given.most)
    if not cases:
        sys.exit(f"no case of {given.cases} is labelled with an outcome of {given.protocol}")
    names = given.peer or list(PEERS)
    about: Plain = {
        "protocol": given.protocol,
        "cases": str(given.cases),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with (
        _endpoint(given) as endpoint,
        opened(ground, endpoint, names, given.minutes, given.log) as contest,
    ):
        about["model"] = endpoint.model

        def counted(name: str, judged: Judged) -> None:
            _say(name, judged)
            _write(given.output, contest, about)

        contest.warm(warm, lambda name, judged: _say(f"({name})", judged))
        contest.run(cases, counted)
    print(as_markdown(as_json(contest.runs, about)["peers"]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer", action="append", choices=list(PEERS))
    parser.add_argument("--protocol", default="brand-care")
    parser.add_argument("--cases", type=Path, default=Path("evals/core/cases.yaml"))
    parser.add_argument("--most", type=int, default=30, help="comments that count")
    parser.add_argument("--minutes", type=float, default=20, help="that each peer may take")
    parser.add_argument("--output", type=Path, help="a path without its ending")
    parser.add_argument("--log", type=Path, default=Path("beside.log"), help="what peers print")
    parser.add_argument("--weights", type=Path, help="the embedded model's file")
    parser.add_argument("--base-url", help="another OpenAI-compatible server, without its /v1")
    parser.add_argument("--model", default="default", help="the model's name there")
    parser.add_argument("--key", default="none", help="its key")
    return parser.parse_args()


@contextmanager
def _endpoint(given: argparse.Namespace) -> Iterator[Endpoint]:
    if given.base_url:
        yield Endpoint(address=given.base_url, key=given.key, model=given.model)
    else:
        with embedded(given.weights) as endpoint:
            yield endpoint


def _say(name: str, judged: Judged) -> None:
    """One answer, while one waits; a name in brackets is being warmed up."""
    answer = judged.answer
    made = answer.error or f"{answer.outcome} {'✓' if judged.right else '≠ ' + judged.expected}"
    line = f"{judged.case:<10} {name:<12} {answer.seconds:6.1f} s {judged.spent.calls:2} × {made}"
    print(line, file=sys.stderr, flush=True)


def _write(output: Path | None, contest: Contest, about: Plain) -> None:
    """What there is so far: an interrupted run loses nothing."""
    if output is None:
        return
    whole = as_json(contest.runs, about)
    data = json.dumps(whole, ensure_ascii=False, indent=1)
    output.with_suffix(".json").write_text(data + "\n", encoding="utf-8")
    output.with_suffix(".md").write_text(as_markdown(whole["peers"]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
