"""What every report says in the same words."""

from collections.abc import Iterator, Mapping
from typing import Any

from aplomo.evals.agreement import Agreement
from aplomo.evals.compare import Change, Comparison, Kind
from aplomo.evals.review import Review
from aplomo.evals.snapshot import Given, Snapshot

__all__ = [
    "KIND_WORDS",
    "answer_lines",
    "counted",
    "headline",
    "judge_words",
    "percent",
    "summary_rows",
    "way",
    "ways",
]

SHARED = 3
"""Steps from which on it is shorter to count those that two paths share than to name them."""

KIND_WORDS: dict[Kind, str] = {
    "broken": "broke",
    "error": "ended in an error",
    "fixed": "fixed",
    "path": "took another way",
    "wording": "only worded otherwise",
    "new": "new",
    "gone": "gone",
}


def counted(comparison: Comparison) -> str:
    """The changes in one line."""
    parts = [
        f"{len(found)} {words}"
        for kind, words in KIND_WORDS.items()
        if (found := comparison.of(kind))
    ]
    return ", ".join([*parts, f"{comparison.same} as before"])


def headline(review: Review) -> str:
    """The whole run in one line."""
    verdict = "gate passed" if review.passed else "gate FAILED"
    changes = counted(review.comparison) if review.comparison else "no baseline"
    return f"{review.name}: {verdict}; {review.scores.cases} cases: {changes}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share for people; a dash when it has no meaning."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def summary_rows(review: Review) -> Iterator[tuple[str, str]]:
    """The figures of a run, each with its name."""
    scores, cost = review.scores, review.scores.cost
    cases = max(scores.cases, 1)
    for name, label in (
        ("cases", "cases that pass"),
        ("outcome", "right outcome"),
        ("safe", "right, or a person decides"),
    ):
        if (share := scores.shares.get(name)) is not None:
            yield label, f"{percent(share.share)} ({share.passed}/{share.cases})"
    yield "need a person", f"{percent(scores.needs_human / cases)} ({scores.needs_human})"
    drafted = sum(drafts.total for drafts in scores.drafts.values())
    if drafted:
        template = sum(drafts.template for drafts in scores.drafts.values())
        yield "replies by the template", f"{percent(template / drafted)} ({template}/{drafted})"
    if scores.agreement is not None:
        yield "the judge agrees (advisory)", judge_words(scores.agreement)
    yield "errors", str(scores.errors)
    yield "model calls", f"{cost.calls} ({cost.calls / cases:.2f} a case)"
    yield "tokens", f"{cost.input_tokens:,} in, {cost.output_tokens:,} out"
    yield (
        "seconds a case",
        f"{cost.seconds_median:.2f} (95 %: {cost.seconds_p95:.2f})",
    )


def judge_words(found: Agreement) -> str:
    """How far a judge agrees with the checks, in one line."""
    parts = [f"{found.agreed} of {found.decided} drafts it decides"]
    if found.kappa is not None:
        parts.append(f"κ {found.kappa:.2f}")
    parts += [f"{count} {word}" for word in ("unsure", "missing") if (count := found.said(word))]
    return ", ".join(parts)


def way(snapshot: Snapshot | None) -> str:
    """The path a case took and where it ended."""
    return " › ".join(_steps(snapshot))


def ways(change: Change) -> tuple[str, str]:
    """Both paths of a change; of what they share at the beginning only the last step is named."""
    before, after = _steps(change.before), _steps(change.after)
    pairs = enumerate(zip(before, after, strict=False))
    same = next((at for at, (was, now) in pairs if was != now), min(len(before), len(after))) - 1
    if same < SHARED:
        return " › ".join(before), " › ".join(after)
    shared = f"({same} steps)"
    return " › ".join([shared, *before[same:]]), " › ".join([shared, *after[same:]])


def _steps(snapshot: Snapshot | None) -> list[str]:
    if snapshot is None:
        return ["not there"]
    if snapshot.error is not None:
        return [f"error: {snapshot.error}"]
    steps = [
        f"{name} {snapshot.answers[name].answer}" if name in snapshot.answers else name
        for name in snapshot.path
    ]
    return [*steps, snapshot.outcome]


def _answers(snapshot: Snapshot | None) -> Mapping[str, Given]:
    return snapshot.answers if snapshot else {}


def answer_lines(change: Change) -> Iterator[dict[str, Any]]:
    """The answers that differ, both sides of each: answer, evidence, log-odds."""
    before = _answers(change.before)
    after = _answers(change.after)
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name), after.get(name)
        if was is None or now is None or (was.answer, was.evidence) != (now.answer, now.evidence):
            yield {"question": name, "before": was, "after": now}
