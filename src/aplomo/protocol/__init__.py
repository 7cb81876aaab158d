"""Protocols as data: `model` is what they say; `load` reads and refuses, `render` shows them.

Importing the package reads no file format: only `load`, `rule` and `schema` need pydantic or CEL.
"""

from aplomo.protocol.model import Element, Example, Outcome, Protocol, Question

__all__ = ["Element", "Example", "Outcome", "Protocol", "Question"]
