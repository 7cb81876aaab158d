"""Fit a calibration on labelled cases, and say how well it does on cases kept apart.

Method: per question, a logistic regression with balanced classes (so that how often each answer
happens to be in the cases moves nothing) on the question's own raw log-odds (Platt scaling); or on
those and a linear probe of the model's hidden state, where that ranks held-out cases better. The
probe enters with the scores it gives to cases it was not fitted on (Wolpert 1992, stacking). Around
probability 0.5 lies the widest band that sends at most `unsure_share` of the calibration cases to
a person, or the thresholds that cost least where costs are given.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from aplomo.answer.calibration import FAR, FORMAT, Curve, packed
from aplomo.answer.judge import Round
from aplomo.evals.measure import Measured
from aplomo.evals.probe import LEAST, Probe, fit_probe
from aplomo.evals.thresholds import Costs, band, choose_thresholds

__all__ = [
    "STRENGTH",
    "Score",
    "calibration_data",
    "fit",
    "fit_instructions",
    "read_alone",
    "round_data",
    "score",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How a curve does on labelled cases.

    `balanced_accuracy` is over the cases it decides, None when it decides none; `unsure` is the
    share it does not.
    """

    yes: int
    no: int
    auc: float
    balanced_accuracy: float | None
    unsure: float


def fit(
    measured: Sequence[Measured],
    question: str,
    *,
    unsure_share: float,
    costs: Costs | None = None,
) -> Curve:
    """The curve of one question, from its labelled cases.

    Cases of which only the state is known serve the probe alone, which is all there is to a
    question that was never asked. With `costs` (of a missed yes, of a false alarm, of a person) the
    thresholds are those that would have cost least; without, they enclose `unsure_share` of the
    cases around 0.5. Raises ValueError when both answers are not among the cases, or not often
    enough for the probe that a question never asked rests on.
    """
    labelled = _labelled(measured, question)
    labels = _labels(labelled, question)
    if len(set(labels)) < 2:
        raise ValueError(f"{question} is not labelled both ways")
    logits = [max(-FAR, min(FAR, one.logits.get(question, 0.0))) for one in labelled]
    rows = [[logit, 0.0] for logit in logits]
    model = _logistic(rows, labels)
    probe = _probe(measured, question) if all(one.state for one in labelled) else None
    if probe is None and not any(question in one.logits for one in labelled):
        raise ValueError(f"too few cases to fit a probe for {question}")
    if probe is not None:
        held_out = [probe.held_out[one.case.id] for one in labelled]
        both = [[logit, score] for logit, score in zip(logits, held_out, strict=True)]
        joint = _logistic(both, labels)
        if _auc(labels, joint, both) > _auc(labels, model, rows):
            rows, model = both, joint
        if model.coef_[0][0] < 0:
            # What the model says never speaks against itself: then the state alone does.
            labelled = [one for one in measured if one.case.id in probe.held_out]
            labels = _labels(labelled, question)
            rows = [[0.0, probe.held_out[one.case.id]] for one in labelled]
            model = _logistic(rows, labels)
    curve = _curve(model, probe)
    # The curve's own figures where it has them: a probe's for its own cases would flatter it.
    alone = [] if curve.probe else _probabilities(labelled, curve, question)
    likely = alone or [float(p) for p in model.predict_proba(rows)[:, 1]]
    low, high = choose_thresholds(likely, labels, *costs) if costs else band(likely, unsure_share)
    return replace(curve, no_below=round(low, 4), yes_from=round(high, 4))


def read_alone(measured: Sequence[Measured], question: str) -> Sequence[Measured]:
    """The cases for a question that a probe answers: their states, where those suffice for one."""
    read = [replace(one, logits={}) for one in measured if one.state]
    yes = [one.case.answers[question] == "yes" for one in read if question in one.case.answers]
    return read if min(sum(yes), len(yes) - sum(yes)) >= LEAST else measured


def _probe(measured: Sequence[Measured], question: str) -> Probe | None:
    """The probe of every case that has a label and a state."""
    read = [one for one in measured if question in one.case.answers and one.state]
    return fit_probe({one.case.id: one.state for one in read}, _labels(read, question))


ALARMS = 0.005
"""Share of ordinary comments that may be taken for one that speaks to the model."""


def fit_instructions(
    plain: Mapping[str, Sequence[float]], instructed: Mapping[str, Sequence[float]]
) -> Curve | None:
    """The curve that tells by the state alone whether a comment speaks to the model.

    From states by case id: after ordinary comments, and after comments with an instruction to the
    model in them. The threshold lies where probes that have not seen them take ALARMS of the
    ordinary ones for the other kind. None when there are too few of either.
    """
    labels = [False] * len(plain) + [True] * len(instructed)
    probe = fit_probe({**plain, **instructed}, labels)
    if probe is None:
        return None
    held_out = sorted((probe.held_out[name] for name in plain), reverse=True)
    score = held_out[int(ALARMS * len(held_out))]
    threshold = math.ceil(1e4 / (1 + math.exp(-score))) / 1e4
    return Curve(
        weight=0.0,
        probe=probe.weights,
        intercept=round(probe.intercept, 4),
        no_below=threshold,
        yes_from=threshold,
    )


STRENGTH = 0.3
"""Inverse strength of regularisation: a few cases that part cleanly prove no certainty."""


def _logistic(rows: Sequence[Sequence[float]], labels: Sequence[bool]) -> Any:
    from sklearn.linear_model import LogisticRegression

    made: Any = LogisticRegression(class_weight="balanced", C=STRENGTH, max_iter=1000)
    return made.fit(rows, labels)


def _auc(labels: Sequence[bool], model: Any, rows: Sequence[Sequence[float]]) -> float:
    from sklearn import metrics

    scores: Any = metrics  # scikit-learn has no complete types
    return float(scores.roc_auc_score(labels, model.decision_function(rows)))


def _curve(model: Any, probe: Probe | None) -> Curve:
    weight, share = (float(weight) for weight in model.coef_[0])
    intercept = float(model.intercept_[0])
    if probe is None or not share:
        return Curve(weight=round(weight, 4), intercept=round(intercept, 4))
    return Curve(
        weight=round(weight, 4),
        probe=tuple(share * part for part in probe.weights),
        intercept=round(intercept + share * probe.intercept, 4),
    )


def score(measured: Sequence[Measured], question: str, curve: Curve) -> Score | None:
    """How `curve` does on the labelled cases; None when both answers are not among them.

    One for which log-odds count for nothing is scored on every case that was read.
    """
    from sklearn import metrics

    scores: Any = metrics  # scikit-learn has no complete types
    if not curve.weight:
        measured = [replace(one, logits={}) for one in measured]
    labelled = _labelled(measured, question)
    labels = _labels(labelled, question)
    if len(set(labels)) < 2:
        return None
    likely = _probabilities(labelled, curve, question)
    verdicts = [curve.verdict(p) for p in likely]
    decided = [
        (label, v == "yes") for label, v in zip(labels, verdicts, strict=True) if v != "unsure"
    ]
    return Score(
        yes=sum(labels),
        no=len(labels) - sum(labels),
        auc=round(float(scores.roc_auc_score(labels, likely)), 4),
        balanced_accuracy=_balanced(decided),
        unsure=round(verdicts.count("unsure") / len(verdicts), 4),
    )


def _balanced(decided: Sequence[tuple[bool, bool]]) -> float | None:
    """The balanced accuracy over pairs of label and answer; None without any."""
    from sklearn import metrics

    if not decided:
        return None
    scores: Any = metrics  # scikit-learn has no complete types
    labels, answers = zip(*decided, strict=True)
    return round(float(scores.balanced_accuracy_score(labels, answers)), 4)


def calibration_data(
    model: str, protocol: str, rounds: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The calibration file: what it is for, and its rounds by number."""
    return {
        "format": FORMAT,
        "model": model,
        "protocol": protocol,
        "rounds": dict(rounds),
    }


def round_data(
    round_: Round,
    made: str,
    curves: Mapping[str, Curve],
    scores: Mapping[str, Score],
    instructions: Curve | None = None,
) -> dict[str, Any]:
    """One round of the file: what made it, its key, and each question's curve and test scores."""
    told = {"instructions": _curve_data(instructions)} if instructions else {}
    return told | {
        "made_with": made,
        "prefix_sha256": round_.sha256,
        "questions": {
            name: _curve_data(curve) | ({"test": asdict(scores[name])} if name in scores else {})
            for name, curve in curves.items()
        },
    }


def _curve_data(curve: Curve) -> dict[str, Any]:
    return asdict(curve) | {"probe": packed(curve.probe)}


def _labelled(measured: Sequence[Measured], question: str) -> list[Measured]:
    """The cases that have a label and log-odds for `question`; where none has these, a state."""
    labelled = [one for one in measured if question in one.case.answers]
    asked = [one for one in labelled if question in one.logits]
    return asked or [one for one in labelled if one.state]


def _labels(labelled: Sequence[Measured], question: str) -> list[bool]:
    return [one.case.answers[question] == "yes" for one in labelled]


def _probabilities(labelled: Sequence[Measured], curve: Curve, question: str) -> list[float]:
    likely = (curve.probability(one.logits.get(question), one.state) for one in labelled)
    return [0.5 if p is None else p for p in likely]
