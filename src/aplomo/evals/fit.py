"""Fit a calibration on labelled cases, and say how well it does on cases kept apart.

Method: per question, a logistic regression with balanced classes (so that how often each answer
happens to be in the cases moves nothing), on the question's own raw log-odds (Platt scaling) or on
those of the whole round (stacking), whichever ranks unseen cases better in cross-validation; and
around probability 0.5 the widest band that sends at most `unsure_share` of the calibration cases to
a person, or the thresholds that cost least where costs are given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from aplomo.answer.calibration import FAR, FORMAT, Curve
from aplomo.answer.judge import Round
from aplomo.evals.measure import Measured
from aplomo.evals.thresholds import choose_thresholds

__all__ = ["calibration_data", "fit", "round_data", "score"]


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


def fit(
    measured: Sequence[Measured],
    question: str,
    *,
    unsure_share: float,
    costs: tuple[float, float, float] | None = None,
) -> Curve:
    """The curve of one question, from its labelled cases.

    With `costs` (of a missed yes, of a false alarm, of a person) the thresholds are those that
    would have cost least; without, they enclose `unsure_share` of the cases around 0.5.
    Raises ValueError when both answers are not among them.
    """
    labelled = _labelled(measured, question)
    names, strength = _choose(labelled, question)
    model = _logistic(strength).fit(_rows(labelled, names), _labels(labelled, question))
    weights: Sequence[float] = model.coef_[0]
    curve = Curve(
        weights={n: round(float(w), 4) for n, w in zip(names, weights, strict=True)},
        intercept=round(float(model.intercept_[0]), 4),
        no_below=0.5,
        yes_from=0.5,
    )
    likely = _probabilities(labelled, curve)
    if costs:
        low, high = choose_thresholds(likely, _labels(labelled, question), *costs)
        return replace(curve, no_below=round(low, 4), yes_from=round(high, 4))
    distances = sorted(abs(p - 0.5) for p in likely)
    half = round(distances[int(unsure_share * len(distances))], 4)
    return replace(curve, no_below=round(0.5 - half, 4), yes_from=round(0.5 + half, 4))


PLAIN, STACKED = 10.0, (0.01, 0.05)
"""Inverse strengths of regularisation: one log-odds needs none, many need much."""

FOLDS = 5


def _choose(labelled: Sequence[Measured], question: str) -> tuple[tuple[str, ...], float]:
    """The log-odds to fit on, and the inverse strength, that rank held-out cases best."""
    from sklearn import model_selection

    selection: Any = model_selection  # scikit-learn has no complete types
    labels = _labels(labelled, question)
    scarcest = min(sum(labels), len(labels) - sum(labels))
    own = ((question,), PLAIN)
    if scarcest < 2:
        return own
    together = sorted({name for one in labelled for name in one.logits})
    folds = selection.StratifiedKFold(min(FOLDS, scarcest), shuffle=True, random_state=0)

    def ranking(choice: tuple[tuple[str, ...], float]) -> float:
        names, strength = choice
        rows = _rows(labelled, names)
        scores = selection.cross_val_score(
            _logistic(strength), rows, labels, cv=folds, scoring="roc_auc"
        )
        return float(scores.mean())

    # The plain curve comes first: on a tie, the simpler one.
    return max([own, *((tuple(together), strength) for strength in STACKED)], key=ranking)


def _logistic(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(class_weight="balanced", C=strength, max_iter=1000)


def score(measured: Sequence[Measured], question: str, curve: Curve) -> Score | None:
    """How `curve` does on the labelled cases; None when both answers are not among them."""
    from sklearn import metrics

    scores: Any = metrics  # scikit-learn has no complete types
    labelled = _labelled(measured, question)
    labels = _labels(labelled, question)
    if len(set(labels)) < 2:
        return None
    likely = _probabilities(labelled, curve)
    verdicts = [curve.verdict(p) for p in likely]
    decided = [
        (label, v == "yes") for label, v in zip(labels, verdicts, strict=True) if v != "unsure"
    ]
    return Score(
        yes=sum(labels),
        no=len(labels) - sum(labels),
        auc=round(float(scores.roc_auc_score(labels, likely)), 4),
        balanced_accuracy=round(
            float(scores.balanced_accuracy_score([a for a, _ in decided], [b for _, b in decided])),
            4,
        ),
        unsure=round(verdicts.count("unsure") / len(verdicts), 4),
    )


def calibration_data(
    model: str, made: str, protocol: str, rounds: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The calibration file: what it is for, how it was made, and its rounds by number."""
    return {
        "format": FORMAT,
        "made_with": made,
        "model": model,
        "protocol": protocol,
        "rounds": dict(rounds),
    }


def round_data(
    round_: Round, curves: Mapping[str, Curve], scores: Mapping[str, Score]
) -> dict[str, Any]:
    """One round of the file: its key, and per question the curve and its test scores."""
    return {
        "prefix_sha256": round_.sha256,
        "questions": {
            name: asdict(curve) | ({"test": asdict(scores[name])} if name in scores else {})
            for name, curve in curves.items()
        },
    }


def _labelled(measured: Sequence[Measured], question: str) -> list[Measured]:
    """The cases that have a label and log-odds for `question`."""
    return [one for one in measured if question in one.case.answers and question in one.logits]


def _labels(labelled: Sequence[Measured], question: str) -> list[bool]:
    return [one.case.answers[question] == "yes" for one in labelled]


def _rows(labelled: Sequence[Measured], names: Sequence[str]) -> list[list[float]]:
    return [[max(-FAR, min(FAR, one.logits.get(n, 0.0))) for n in names] for one in labelled]


def _probabilities(labelled: Sequence[Measured], curve: Curve) -> list[float]:
    likely = (curve.probability(one.logits) for one in labelled)
    return [0.5 if p is None else p for p in likely]
