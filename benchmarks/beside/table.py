"""What a run came to: a row a peer, as JSON for machines and as a table for a page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.beside.judge import Judged
from benchmarks.beside.peer import PEERS

Plain = dict[str, Any]
HEADS = (
    "",
    "comments",
    "median s",
    "calls",
    "tokens in / out",
    "right outcome",
    "es / en",
    "to a person",
    "replies",
    "replied where silence is due",
    "replied against its own outcome",
    "replies that fail a check (harmful)",
    "errors",
)


def row(judged: Sequence[Judged]) -> Plain:
    """One peer's figures. Errors count as asked and as nothing else."""
    answered = [one for one in judged if not one.answer.error]
    replies = [one for one in answered if one.answer.reply]
    return {
        "asked": len(judged),
        "errors": len(judged) - len(answered),
        "median_seconds": _median([one.answer.seconds for one in answered]),
        "mean_calls": _mean([one.spent.calls for one in answered]),
        "input_tokens": _mean([one.spent.input_tokens for one in answered]),
        "output_tokens": _mean([one.spent.output_tokens for one in answered]),
        "right": sum(one.right for one in judged),
        "right_by_language": {
            lang: [
                sum(one.right for one in judged if one.lang == lang),
                sum(one.lang == lang for one in judged),
            ]
            for lang in sorted({one.lang for one in judged})
        },
        "to_person": sum(one.to_person for one in answered),
        "replies": len(replies),
        "spoke_where_silence_is_due": sum(one.spoke for one in replies),
        "silence_due": sum(1 for one in judged if one.silence_due),
        "broke_its_own_outcome": sum(one.broke for one in replies),
        "failing_replies": sum(bool(one.failed) for one in replies),
        "harmful_replies": sum(bool(one.grave) for one in replies),
        "failed_checks": dict(Counter(name for one in replies for name in one.failed)),
    }


def as_json(runs: Mapping[str, Sequence[Judged]], about: Plain) -> Plain:
    """The whole run: what it was, a row a peer, and every answer."""
    return {
        **about,
        "peers": {name: row(judged) for name, judged in runs.items()},
        "answers": {name: [_one(each) for each in judged] for name, judged in runs.items()},
    }


def as_markdown(rows: Mapping[str, Plain]) -> str:
    """The rows as a table."""
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    lines += ["| " + " | ".join(_cells(name, figures)) + " |" for name, figures in rows.items()]
    return "\n".join(lines)


def _cells(name: str, figures: Plain) -> list[str]:
    languages = figures["right_by_language"].values()
    return [
        PEERS[name].title,
        str(figures["asked"]),
        _shown(figures["median_seconds"]),
        _shown(figures["mean_calls"]),
        f"{_shown(figures['input_tokens'], 0)} / {_shown(figures['output_tokens'], 0)}",
        f"{figures['right']}/{figures['asked']}",
        ", ".join(f"{right}/{asked}" for right, asked in languages),
        str(figures["to_person"]),
        str(figures["replies"]),
        f"{figures['spoke_where_silence_is_due']}/{figures['silence_due']}",
        str(figures["broke_its_own_outcome"]),
        f"{figures['failing_replies']} ({figures['harmful_replies']})",
        str(figures["errors"]),
    ]


def _one(judged: Judged) -> Plain:
    answer, spent = judged.answer, judged.spent
    return {
        "case": judged.case,
        "lang": judged.lang,
        "expected": judged.expected,
        "outcome": answer.outcome,
        "right": judged.right,
        "reply": answer.reply,
        "failed": list(judged.failed),
        "error": answer.error,
        "note": answer.note,
        "seconds": round(answer.seconds, 3),
        "calls": spent.calls,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
    }


def _shown(value: float | None, places: int = 1) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 3) if values else None


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None
