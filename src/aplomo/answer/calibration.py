"""From the model's log-odds to a probability, and from a probability to yes, no or unsure.

Method: Platt scaling (a logistic in the raw log-odds, fitted per question on labelled cases), and
two thresholds per question; between them the answer is `unsure`.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from aplomo.assets import folder
from aplomo.errors import ConfigError
from aplomo.protocol.model import Verdict

__all__ = ["UNCALIBRATED", "Calibration", "Curve", "load_calibration"]

FORMAT = "aplomo.calibration/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One question's curve: P(yes) = sigmoid(slope · logit + intercept).

    At most `no_below` is "no", at least `yes_from` is "yes", in between is "unsure".
    """

    slope: float = 1.0
    intercept: float = 0.0
    no_below: float = 0.35
    yes_from: float = 0.65

    def probability(self, logit: float) -> float:
        """Calibrated P(yes), in 0..1."""
        score = self.slope * logit + self.intercept
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))

    def verdict(self, probability: float) -> Verdict:
        """yes, no, or unsure inside the band."""
        if probability >= self.yes_from:
            return "yes"
        return "no" if probability < self.no_below else "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The curves of one model under one exact prompt; `status` is what the record says of it."""

    status: Literal["fitted", "none", "stale"]
    curves: Mapping[str, Curve] = field(default_factory=dict[str, Curve])

    def curve(self, question: str) -> Curve:
        """The question's curve; the plain sigmoid with a wide band when none was fitted."""
        return self.curves.get(question, Curve())


UNCALIBRATED = Calibration(status="none")


def load_calibration(
    protocol: str, model: str, prefix_sha256: str, folders: Sequence[Path] = ()
) -> Calibration:
    """The calibration for `model` on `protocol`, from `folders` or as shipped.

    `prefix_sha256` is the hash of everything the model reads before the comment: a calibration
    fitted under another prefix says nothing about this one and is reported as stale.
    Raises ConfigError when the file cannot be read.
    """
    name = "".join(char if char.isalnum() or char in "-._" else "_" for char in model)
    for place in (*folders, folder("calibration")):
        path = place / protocol / f"{name}.json"
        if path.is_file():
            return _read(path, prefix_sha256)
    return UNCALIBRATED


def _read(path: Path, prefix_sha256: str) -> Calibration:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"format is {data['format']!r}, expected {FORMAT!r}")
        if data["prefix_sha256"] != prefix_sha256:
            return Calibration(status="stale")
        names = ("slope", "intercept", "no_below", "yes_from")
        curves = {
            question: Curve(**{name: float(entry[name]) for name in names})
            for question, entry in data["questions"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"calibration cannot be read: {error}", where=str(path), hint="fit it again"
        ) from None
    return Calibration(status="fitted", curves=curves)
