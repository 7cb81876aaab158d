"""Which drafts are ready in the model's own words, by outcome and language: a replay, no model.

    python benchmarks/drafts.py [SUITE] [--protocol P]

A reply is the model's own and passes every check, or the outcome's template took its place; or the
model was not asked, for no fact covers the question, and the outcome's own words are sent; or none
was ready and a person is asked. Outcomes that make no reply are not counted.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aplomo.evals.result import CaseResult
from aplomo.evals.run import open_benches
from aplomo.evals.session import replay

Kind = tuple[str, str]
"""An outcome id and a language."""
WAYS = ("model", "template", "unasked", "person")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("suite", nargs="?", default="drafts")
    parser.add_argument("--protocol", action="append", default=[])
    given = parser.parse_args()
    for bench in open_benches(given.suite, given.protocol):
        result = replay(bench)
        failed = sum(one.error is not None for one in result.results)
        print(f"{bench.name}: {len(result.results)} cases, {failed} that could not be replayed")
        print("\n".join(table(counted(result.results))))


def counted(results: Iterable[CaseResult]) -> Mapping[Kind, Counter[str]]:
    """How many replies of each outcome and language were ready in which way."""
    counts: dict[Kind, Counter[str]] = {}
    for one in results:
        decision: Mapping[str, Any] = one.decision or {}
        outcome = decision.get("outcome") or {}
        if outcome.get("action") == "reply":
            kind = (str(outcome["id"]), str(decision["comment"]["lang"]))
            counts.setdefault(kind, Counter())[_way(decision)] += 1
    return counts


def _way(decision: Mapping[str, Any]) -> str:
    reply = decision["reply"]
    if not reply or decision["status"] != "ready":
        return "person"
    return str(reply["origin"]) if "draft" in decision["prompts"] else "unasked"


def table(counts: Mapping[Kind, Counter[str]]) -> Iterator[str]:
    """A row an outcome and language, then one a language, then all of them."""
    yield "| outcome | language | replies | the model's own | template | not asked | a person |"
    yield "|---|---|---|---|---|---|---|"
    for outcome, lang in sorted(counts):
        yield _row(outcome, lang, counts[outcome, lang])
    for lang in sorted({lang for _, lang in counts}):
        yield _row("all", lang, _sum(n for (_, of), n in counts.items() if of == lang))
    yield _row("all", "all", _sum(counts.values()))


def _sum(counts: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in counts:
        total += each
    return total


def _row(outcome: str, lang: str, ways: Counter[str]) -> str:
    all_ = sum(ways.values())
    cells = [f"{ways[way]} ({ways[way] / all_:.0%})" if all_ else "–" for way in WAYS]
    return f"| {outcome} | {lang} | {all_} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
