"""What could be read of a protocol, right or wrong: what the checks look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from aplomo.document import Location, nearest
from aplomo.protocol.model import Texts, Verdict
from aplomo.protocol.shape import OutcomeShape, QuestionShape

__all__ = ["Edges", "Flaw", "Sketch"]

Edges = Mapping[str, Mapping[Verdict, str]]
"""For each question, the node that each answer leads to."""


class Flaw(NamedTuple):
    """One thing wrong at a location of the document."""

    location: Location
    message: str
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """A protocol in which anything may be missing or wrong.

    `branches` holds every question, also those too misshapen to be in `questions`, with the
    answers whose targets could be read; `outcome_ids` likewise every outcome. `elements` holds
    each element per language, unread. `languages` is empty when they could not be read.
    """

    languages: tuple[str, ...]
    title: Texts
    start: str
    branches: Edges
    questions: Mapping[str, QuestionShape]
    outcome_ids: frozenset[str]
    outcomes: Mapping[str, OutcomeShape]
    elements: Mapping[str, Mapping[str, object]]

    def knows(self, node: str) -> bool:
        """Whether there is a question or an outcome of that id."""
        return node in self.branches or node in self.outcome_ids

    def meant(self, node: str) -> str | None:
        """The question or outcome that an unknown `node` is perhaps a slip of."""
        return nearest(node, [*self.branches, *sorted(self.outcome_ids)])

    @cached_property
    def edges(self) -> Edges:
        """The branches whose targets exist."""
        return {
            question: {verdict: node for verdict, node in targets.items() if self.knows(node)}
            for question, targets in self.branches.items()
        }
