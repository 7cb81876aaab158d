"""How one question is answered: confusion, how well yes and no are told apart, calibration."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aplomo.evals.snapshot import Judged

__all__ = ["Bin", "QuestionScore", "score_question"]

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Cases of like probability: how likely yes was said to be, and how often it was yes."""

    said: float
    was: float
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionScore:
    """How the answers to one question compare with its labels.

    `confusion` counts cases by (label, answer). `auc` ranks by the probability of yes,
    `balanced_accuracy` is over the cases decided, `unsure` the share left to a person; None where
    it has no meaning. `roc` holds points (false alarms, hits); `bins` and `gap` (the mean distance
    between what was said and what was, by cases) say how far probabilities can be believed.
    """

    question: str
    confusion: Mapping[tuple[str, str], int]
    auc: float | None
    balanced_accuracy: float | None
    unsure: float
    roc: tuple[tuple[float, float], ...]
    bins: tuple[Bin, ...]
    gap: float | None

    @property
    def cases(self) -> int:
        """Labelled cases in which the question was answered."""
        return sum(self.confusion.values())

    def labelled(self, label: str) -> int:
        """Cases labelled so."""
        return sum(count for (said, _), count in self.confusion.items() if said == label)


def score_question(question: str, judged: Sequence[Judged]) -> QuestionScore | None:
    """The score of `question` over the cases that label it; None when none was answered."""
    answered = list(_answered(question, judged))
    if not answered:
        return None
    confusion: dict[tuple[str, str], int] = {}
    for label, answer, _ in answered:
        confusion[label, answer] = confusion.get((label, answer), 0) + 1
    likely = [(label == "yes", p) for label, _, p in answered if p is not None]
    auc, roc = _ranking(likely)
    bins = tuple(_bins(likely))
    gap = sum(abs(b.said - b.was) * b.cases for b in bins) / len(likely) if likely else None
    unsure = sum(count for (_, answer), count in confusion.items() if answer == "unsure")
    return QuestionScore(
        question=question,
        confusion=confusion,
        auc=auc,
        balanced_accuracy=_balanced(confusion),
        unsure=unsure / len(answered),
        roc=roc,
        bins=bins,
        gap=gap,
    )


def _answered(question: str, judged: Sequence[Judged]) -> Iterator[tuple[str, str, float | None]]:
    """Label, answer and probability of yes, of each case that has label and answer."""
    for one in judged:
        decision, label = one.result.decision, one.case.answers.get(question)
        if decision is None or label is None or question not in decision["answers"]:
            continue
        answer = decision["answers"][question]
        sure: float | None = answer["confidence"]
        likely = 1 - sure if sure is not None and answer["answer"] == "no" else sure
        yield label, answer["answer"], likely


def _balanced(confusion: Mapping[tuple[str, str], int]) -> float | None:
    """The mean of the shares decided right among the labelled yes and the labelled no."""
    shares: list[float] = []
    for label in ("yes", "no"):
        decided = sum(confusion.get((label, answer), 0) for answer in ("yes", "no"))
        if not decided:
            return None
        shares.append(confusion.get((label, label), 0) / decided)
    return sum(shares) / 2


def _ranking(
    ranked: Sequence[tuple[bool, float]],
) -> tuple[float | None, tuple[tuple[float, float], ...]]:
    """The area under the ROC curve and its points; nothing when one label is missing."""
    labels, scores = [label for label, _ in ranked], [logit for _, logit in ranked]
    if len(set(labels)) < 2:
        return None, ()
    from sklearn import metrics

    library: Any = metrics  # scikit-learn has no complete types
    false_alarms, hits, _ = library.roc_curve(labels, scores)
    points = zip(false_alarms.tolist(), hits.tolist(), strict=True)
    return float(library.roc_auc_score(labels, scores)), tuple(points)


def _bins(likely: Sequence[tuple[bool, float]]) -> Iterator[Bin]:
    """Bins of equal width over 0..1; those that hold no case are left out."""
    for number in range(BINS):
        inside = [(label, p) for label, p in likely if min(int(p * BINS), BINS - 1) == number]
        if inside:
            yield Bin(
                said=sum(p for _, p in inside) / len(inside),
                was=sum(label for label, _ in inside) / len(inside),
                cases=len(inside),
            )
