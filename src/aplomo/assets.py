"""Where the shipped prompts, protocols and examples are: in the wheel, or in the checkout."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

__all__ = ["asset", "folder"]

_CHECKOUT = {"calibration": "evals/calibration"}


def folder(kind: str) -> Path:
    """The shipped folder `kind`: "prompts", "protocols", "examples" or "calibration"."""
    packaged: Traversable = files("aplomo") / "_assets" / kind
    if packaged.is_dir():
        return Path(str(packaged))
    return Path(__file__).parents[2] / _CHECKOUT.get(kind, kind)


def asset(kind: str, name: str) -> Path:
    """One shipped file."""
    return folder(kind) / name
