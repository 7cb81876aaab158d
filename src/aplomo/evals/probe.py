"""A linear probe: what a model's hidden state says of a question, read off by a linear model.

Method: a logistic regression on the states (Alain & Bengio 2016, "Understanding intermediate layers
using linear classifier probes"), as strongly regularised as ranks held-out cases best.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["LEAST", "Probe", "fit_probe"]

LEAST = 8
"""A direction among a thousand cannot be found with fewer yeses, or noes, than this."""

STRENGTHS = (0.1, 1.0)
"""Inverse strengths of regularisation that are tried."""

FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Log-odds of yes = weights · state + intercept.

    `held_out` are the log-odds of each case, by id, of probes that were fitted without it.
    """

    weights: tuple[float, ...]
    intercept: float
    held_out: Mapping[str, float]


def fit_probe(states: Mapping[str, Sequence[float]], labels: Sequence[bool]) -> Probe | None:
    """The probe for cases by id and their labels, in one order; None when there are too few."""
    if min(sum(labels), len(labels) - sum(labels)) < LEAST:
        return None
    import numpy as np
    from sklearn import metrics, model_selection

    scores, selection = _untyped(metrics), _untyped(model_selection)
    # States have length one: this makes their parts about one in size.
    width = math.sqrt(len(next(iter(states.values()))))
    rows = width * np.array(list(states.values()))
    folds = selection.StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    tried: list[tuple[float, float, list[float]]] = []
    for strength in STRENGTHS:
        held_out = selection.cross_val_predict(
            _logistic(strength), rows, labels, cv=folds, method="decision_function"
        ).tolist()
        tried.append((float(scores.roc_auc_score(labels, held_out)), strength, held_out))
    _, strength, held_out = max(tried)
    model = _logistic(strength).fit(rows, labels)
    return Probe(
        weights=tuple(width * float(weight) for weight in model.coef_[0]),
        intercept=float(model.intercept_[0]),
        held_out=dict(zip(states, held_out, strict=True)),
    )


def _logistic(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    # Newton's method: half a dozen steps where others take hundreds, and stop short of the optimum.
    return LogisticRegression(class_weight="balanced", C=strength, solver="newton-cholesky")


def _untyped(module: Any) -> Any:
    """scikit-learn has no complete types."""
    return module
