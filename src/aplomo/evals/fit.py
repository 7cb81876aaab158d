"""Fit a calibration on labelled cases, and say how well it does on cases kept apart.

Method: per question, a logistic regression on the raw log-odds with balanced classes (Platt
scaling, corrected for how often each answer happens to be in the cases), and around probability
0.5 the widest band that sends at most `unsure_share` of the calibration cases to a person.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aplomo.answer.calibration import FORMAT, Curve
from aplomo.answer.judge import Round
from aplomo.evals.cases import Case
from aplomo.llm.port import Model
from aplomo.llm.retry import Deadline, RetryPolicy, ask

__all__ = ["Measured", "calibration_data", "fit", "measure", "sample", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One case with the log-odds of yes that the model gave, by question id."""

    case: Case
    logits: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How a curve does on labelled cases.

    `balanced_accuracy` is over the cases it decides; `unsure` is the share it does not.
    """

    yes: int
    no: int
    auc: float
    balanced_accuracy: float
    unsure: float


def sample(cases: Sequence[Case], most: int | None) -> list[Case]:
    """At most `most` cases of each split, evenly spaced: files run in blocks of one kind."""
    chosen: list[Case] = []
    for split in ("calibration", "test"):
        of_split = [case for case in cases if case.split == split]
        count = min(most or len(of_split), len(of_split))
        chosen += [of_split[index * len(of_split) // count] for index in range(count)]
    return chosen


def measure(
    cases: Iterable[Case],
    round_: Round,
    model: Model,
    policy: RetryPolicy,
    progress: Callable[[], object],
) -> list[Measured]:
    """Ask `model` the round of every case. Raises ModelError when one cannot be answered."""
    results: list[Measured] = []
    for case in cases:
        deadline = Deadline.after(policy.deadline)
        asked = ask(model, round_.request(case.comment), round_.parse, policy, deadline)
        if asked.error is not None:
            raise asked.error
        assert asked.value is not None
        logits = {name: x for name, x in asked.value.logits.items() if x is not None}
        results.append(Measured(case=case, logits=logits))
        progress()
    return results


def fit(measured: Sequence[Measured], question: str, *, unsure_share: float) -> Curve:
    """The curve of one question, from its labelled cases.

    Raises ValueError when both answers are not among them.
    """
    from sklearn.linear_model import LogisticRegression

    pairs = _pairs(measured, question)
    model: Any = LogisticRegression(class_weight="balanced", C=10.0)
    model.fit([[logit] for logit, _ in pairs], [label for _, label in pairs])
    curve = Curve(
        slope=round(float(model.coef_[0][0]), 4),
        intercept=round(float(model.intercept_[0]), 4),
        no_below=0.5,
        yes_from=0.5,
    )
    distances = sorted(abs(curve.probability(logit) - 0.5) for logit, _ in pairs)
    half = round(distances[int(unsure_share * len(distances))], 4)
    return Curve(
        slope=curve.slope,
        intercept=curve.intercept,
        no_below=round(0.5 - half, 4),
        yes_from=round(0.5 + half, 4),
    )


def score(measured: Sequence[Measured], question: str, curve: Curve) -> Score | None:
    """How `curve` does on the labelled cases; None when both answers are not among them."""
    from sklearn import metrics

    scores: Any = metrics  # scikit-learn has no complete types
    pairs = _pairs(measured, question)
    labels = [label for _, label in pairs]
    if len(set(labels)) < 2:
        return None
    verdicts = [curve.verdict(curve.probability(logit)) for logit, _ in pairs]
    decided = [
        (label, v == "yes") for label, v in zip(labels, verdicts, strict=True) if v != "unsure"
    ]
    return Score(
        yes=sum(labels),
        no=len(labels) - sum(labels),
        auc=round(float(scores.roc_auc_score(labels, [logit for logit, _ in pairs])), 4),
        balanced_accuracy=round(
            float(scores.balanced_accuracy_score([a for a, _ in decided], [b for _, b in decided])),
            4,
        ),
        unsure=round(verdicts.count("unsure") / len(verdicts), 4),
    )


def calibration_data(
    round_: Round, model: str, curves: Mapping[str, Curve], scores: Mapping[str, Score], made: str
) -> dict[str, Any]:
    """The calibration file: what it is for, how it was made, the curves, and their test scores."""
    return {
        "format": FORMAT,
        "made_with": made,
        "model": model,
        "protocol": round_.protocol.id,
        "prefix_sha256": round_.sha256,
        "questions": {
            name: asdict(curve) | {"test": asdict(scores[name])}
            if name in scores
            else asdict(curve)
            for name, curve in curves.items()
        },
    }


def _pairs(measured: Sequence[Measured], question: str) -> list[tuple[float, bool]]:
    return [
        (one.logits[question], one.case.answers[question] == "yes")
        for one in measured
        if question in one.case.answers and question in one.logits
    ]
