"""What a run is worth: shares of cases that are right, questions, outcomes, drafts, cost."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from aplomo.check import CHECKS
from aplomo.evals.agreement import Agreement, agreement
from aplomo.evals.question_score import QuestionScore, score_question
from aplomo.evals.snapshot import Judged
from aplomo.evals.verdicts import ANSWER, OUTCOME
from aplomo.reply import REPLACED

__all__ = ["CASES", "SAFE", "Cost", "Drafts", "Scores", "Share", "scores"]

CASES = "cases"
SAFE = "safe"
_CHECKS = frozenset(check.__name__ for check in CHECKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many."""

    passed: int
    cases: int

    @property
    def share(self) -> float:
        """In 0..1; 0.0 without cases."""
        return self.passed / self.cases if self.cases else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """What became of the drafts of some cases.

    A draft is shown as the model first wrote it, after a repair, or as the template; or it goes to
    a person because nothing passed its checks.
    """

    first: int = 0
    repaired: int = 0
    template: int = 0
    to_a_person: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.first + self.repaired + self.template + self.to_a_person


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the run cost: calls and tokens in all, seconds of a case in the middle and at 95 %.

    What a judge cost is in none of it.
    """

    calls: int
    input_tokens: int
    output_tokens: int
    seconds_median: float
    seconds_p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Everything measured of one run.

    `shares` are by metric: "outcome", "safe" (the outcome is right, or the case goes to a person),
    "cases" (all that is judged passes), "answer:QUESTION", "answer:QUESTION=LABEL", "check:NAME".
    Cases that ended in an error count in none of them. `outcomes` counts by (expected, got);
    `drafts` by (outcome, language); `replaced_by` the checks that templates stepped in for.
    `agreement` is None where no judge was asked.
    """

    cases: int
    errors: int
    needs_human: int
    shares: Mapping[str, Share]
    questions: tuple[QuestionScore, ...]
    outcomes: Mapping[tuple[str, str], int]
    drafts: Mapping[tuple[str, str], Drafts]
    replaced_by: Mapping[str, int]
    cost: Cost
    agreement: Agreement | None = None


def scores(judged: Sequence[Judged]) -> Scores:
    """Measure a run."""
    decided = [one for one in judged if one.snapshot.error is None]
    names = dict.fromkeys(question for one in judged for question in one.case.answers)
    found = (score_question(name, decided) for name in names)
    return Scores(
        cases=len(judged),
        errors=len(judged) - len(decided),
        needs_human=sum(one.snapshot.status == "needs_human" for one in decided),
        shares=_shares(decided),
        questions=tuple(score for score in found if score is not None),
        outcomes=Counter(_pairs(decided)),
        drafts=_drafts(decided),
        replaced_by=Counter(_replaced(decided)),
        cost=_cost(judged),
        agreement=agreement(judged),
    )


def _shares(judged: Sequence[Judged]) -> dict[str, Share]:
    counts: dict[str, list[bool]] = {}
    for one in judged:
        for name, passed in _passed(one):
            counts.setdefault(name, []).append(passed)
    return {name: Share(passed=sum(of), cases=len(of)) for name, of in sorted(counts.items())}


def _passed(one: Judged) -> Iterator[tuple[str, bool]]:
    """Every metric that the case counts in, and whether it passes there."""
    if one.verdicts:
        yield CASES, one.snapshot.state == "pass"
    for verdict in one.verdicts:
        yield verdict.name, verdict.state == "pass"
        if verdict.name == OUTCOME:
            yield SAFE, verdict.state == "pass" or one.snapshot.status == "needs_human"
        if verdict.name.startswith(ANSWER):
            yield f"{verdict.name}={verdict.expected}", verdict.state == "pass"


def _pairs(judged: Sequence[Judged]) -> Iterator[tuple[str, str]]:
    for one in judged:
        for verdict in one.verdicts:
            if verdict.name == OUTCOME:
                yield verdict.expected, verdict.got


def _drafts(judged: Sequence[Judged]) -> dict[tuple[str, str], Drafts]:
    kinds: dict[tuple[str, str], Counter[str]] = {}
    for one in judged:
        if (kind := _draft(one)) is not None:
            lang = one.case.comment.lang or "?"
            kinds.setdefault((one.snapshot.outcome, lang), Counter())[kind] += 1
    return {place: Drafts(**counts) for place, counts in sorted(kinds.items())}


def _draft(one: Judged) -> str | None:
    """What became of the draft of a case; None where none was due."""
    decision = one.result.decision
    action = decision["outcome"]["action"] if decision and decision["outcome"] else None
    if action != "reply":
        return None
    if one.snapshot.status != "ready":
        return "to_a_person"
    if one.snapshot.reply is None:
        return None  # a suite that drafts nothing
    if one.snapshot.origin == "template":
        return "template"
    return "repaired" if decision and "repair" in decision["prompts"] else "first"


def _replaced(judged: Sequence[Judged]) -> Iterator[str]:
    """The checks that the drafts had failed in whose place a template stepped."""
    for one in judged:
        notes: Sequence[str] = (one.result.decision or {}).get("notes", ())
        for note in notes:
            if note.startswith(REPLACED):
                # What a check found may itself contain "; ": only the names of checks count.
                pieces = note.removeprefix(REPLACED).split("; ")
                yield from {piece.partition(":")[0] for piece in pieces} & _CHECKS


def _cost(judged: Sequence[Judged]) -> Cost:
    calls = [call for one in judged for call in one.result.deciding]
    seconds = sorted(one.result.seconds for one in judged) or [0.0]
    return Cost(
        calls=sum(one.result.asked for one in judged),
        input_tokens=sum(call.input_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
        seconds_median=median(seconds),
        seconds_p95=_p95(seconds),
    )


def _p95(values: Sequence[float]) -> float:
    """The value at 95 %; of a few, no more than the greatest of them."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
