"""From the model's log-odds to a probability, and from a probability to yes, no or unsure.

Method: Platt scaling (Platt 1999: a logistic in the raw log-odds, fitted per question on labelled
cases); where that helps, together with a linear probe of the model's hidden state after it has read
the comment (Alain & Bengio 2016: a small model often knows more than it says); and two thresholds
per question, between which the answer is `unsure`.
"""

import base64
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from pathlib import Path
from typing import Any, Literal

from aplomo.assets import folder
from aplomo.errors import ConfigError
from aplomo.protocol.model import Verdict

__all__ = [
    "UNCALIBRATED",
    "Calibration",
    "Curve",
    "calibration_file",
    "load_calibration",
    "packed",
]

FORMAT = "aplomo.calibration/3"
FAR = 12.0
"""Log-odds beyond this say no more: the model is certain, and a curve must not be bent by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One question's curve: P(yes) = sigmoid(weight · log-odds + probe · state + intercept).

    `probe` has the width of the model's hidden state, or is empty; without a `weight` the log-odds
    count for nothing. Below `no_below` is "no", from `yes_from` is "yes", in between is "unsure".
    """

    weight: float = 1.0
    probe: tuple[float, ...] = ()
    intercept: float = 0.0
    no_below: float = 0.35
    yes_from: float = 0.65

    def probability(self, logit: float | None, state: Sequence[float] = ()) -> float | None:
        """Calibrated P(yes) in 0..1, or None when the log-odds or the state it needs is missing."""
        if (self.weight and logit is None) or (self.probe and len(state) != len(self.probe)):
            return None
        score = self.intercept + self.weight * max(-FAR, min(FAR, logit or 0.0))
        score += sum(map(mul, self.probe, state))
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))

    def judged(
        self, stated: Verdict, logit: float | None, state: Sequence[float] = ()
    ) -> tuple[Verdict, float | None, str | None]:
        """The verdict, its confidence, and why it is unsure or has none.

        What the model `stated` stands where nothing tells how sure it is.
        """
        likely = self.probability(logit, state)
        if likely is None:
            return stated, None, "the server gave nothing to tell how sure it is"
        verdict = self.verdict(likely)
        unsure = f"between {self.no_below:.2f} and {self.yes_from:.2f}"
        sure = round(1 - likely if verdict == "no" else likely, 4)
        return verdict, sure, unsure if verdict == "unsure" else None

    def verdict(self, probability: float) -> Verdict:
        """yes, no, or unsure inside the band."""
        if probability >= self.yes_from:
            return "yes"
        return "no" if probability < self.no_below else "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The curves of one model under one exact prompt; `status` is what the record says of it.

    `instructions` tells by the hidden state alone whether a comment speaks to the model.
    """

    status: Literal["fitted", "none", "stale"]
    curves: Mapping[str, Curve] = field(default_factory=dict[str, Curve])
    instructions: Curve | None = None

    @property
    def probes(self) -> bool:
        """Whether a curve needs the model's hidden state."""
        return self.instructions is not None or any(curve.probe for curve in self.curves.values())

    def curve(self, question: str) -> Curve:
        """The question's curve; the plain sigmoid with a wide band when none was fitted."""
        return self.curves.get(question) or Curve()

    def instruction_in(self, state: Sequence[float]) -> str | None:
        """What makes the `state` one after a comment that speaks to the model; None if it does not.

        Such a comment may be in any words and any language that the model reads.
        """
        likely = self.instructions and self.instructions.probability(None, state)
        if self.instructions is None or likely is None or likely < self.instructions.yes_from:
            return None
        return f"the comment reads like text addressed to the model ({likely:.2f})"


UNCALIBRATED = Calibration(status="none")


def load_calibration(
    protocol: str, model: str, number: int, prefix_sha256: str, folders: Sequence[Path] = ()
) -> Calibration:
    """The calibration of round `number` for `model` on `protocol`, from `folders` or as shipped.

    `prefix_sha256` is the hash of everything the model reads before the comment: a calibration
    fitted under another prefix says nothing about this one and is reported as stale.
    Raises ConfigError when the file cannot be read.
    """
    for place in (*folders, folder("calibration")):
        path = place / calibration_file(protocol, model)
        if path.is_file():
            return _read(path, number, prefix_sha256)
    return UNCALIBRATED


def calibration_file(protocol: str, model: str) -> Path:
    """Where the calibration of `model` on `protocol` stands in a folder of calibrations."""
    name = "".join(char if char.isalnum() or char in "-._" else "_" for char in model)
    return Path(protocol, f"{name}.json")


def _read(path: Path, number: int, prefix_sha256: str) -> Calibration:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"format is {data['format']!r}, expected {FORMAT!r}")
        if (fitted := data["rounds"].get(str(number))) is None:
            return UNCALIBRATED
        if fitted["prefix_sha256"] != prefix_sha256:
            return Calibration(status="stale")
        curves = {name: _curve(entry) for name, entry in fitted["questions"].items()}
        told = fitted.get("instructions")
        instructions = told and _curve(told)
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise ConfigError(
            f"calibration cannot be read: {error}", where=str(path), hint="fit it again"
        ) from None
    return Calibration(status="fitted", curves=curves, instructions=instructions)


def packed(probe: Sequence[float]) -> str:
    """A probe as text: base64 of 16-bit floats, which lose nothing that a probability shows."""
    return base64.b64encode(struct.pack(f"<{len(probe)}e", *probe)).decode()


def _curve(entry: Mapping[str, Any]) -> Curve:
    probe = base64.b64decode(entry["probe"], validate=True)
    return Curve(
        weight=float(entry["weight"]),
        probe=struct.unpack(f"<{len(probe) // 2}e", probe),
        intercept=float(entry["intercept"]),
        no_below=float(entry["no_below"]),
        yes_from=float(entry["yes_from"]),
    )
