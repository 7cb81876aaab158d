"""What an answer is worth: held against the label, against its own outcome, and the checks."""

from collections.abc import Iterator
from dataclasses import dataclass

from aplomo.brand.channel import channel_for
from aplomo.check import run_checks
from aplomo.check.base import Matter
from aplomo.comment import Comment
from aplomo.draft import Draft, private_words
from aplomo.protocol.model import HUMAN_REVIEW, Outcome
from benchmarks.beside.ground import Ground
from benchmarks.beside.meter import Spent
from benchmarks.beside.peer import Answer

GRAVE = frozenset(
    {
        "personal_data",
        "links",
        "numbers",
        "promises",
        "refusal",
        "placeholders",
        "markup",
        "prompt_leak",
        "language",
        "forbidden_elements",
    }
)
"""Checks whose failure could do harm in public; the others are of form and style."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One answer, judged.

    `silence_due` says that the label's outcome has no reply, and `spoke` that there was one all the
    same; `broke` is a reply where the outcome that the peer itself reached has none; `failed` are
    the checks that a shown reply does not pass.
    """

    case: str
    lang: str
    expected: str
    answer: Answer
    spent: Spent
    right: bool
    to_person: bool
    silence_due: bool
    spoke: bool
    broke: bool
    failed: tuple[str, ...]

    @property
    def grave(self) -> tuple[str, ...]:
        """The failed checks that could do harm."""
        return tuple(name for name in self.failed if name in GRAVE)


def judged(
    ground: Ground, case: str, comment: Comment, expected: str, answer: Answer, spent: Spent
) -> Judged:
    """`answer` to `comment`, whose label is `expected`. An error is right in nothing."""
    outcomes = ground.protocol.outcomes
    reached = outcomes.get(answer.outcome or "")
    replied, silence_due = bool(answer.reply), outcomes[expected].action != "reply"
    return Judged(
        case=case,
        lang=comment.lang or "",
        expected=expected,
        answer=answer,
        spent=spent,
        right=answer.outcome == expected and not answer.error,
        to_person=not answer.error and (reached is None or reached.id == HUMAN_REVIEW),
        silence_due=silence_due,
        spoke=replied and silence_due,
        broke=replied and reached is not None and reached.action != "reply",
        failed=tuple(_failures(ground, comment, expected, answer)),
    )


def _failures(ground: Ground, comment: Comment, expected: str, answer: Answer) -> Iterator[str]:
    """The checks that the shown reply fails, held to the outcome that the peer itself reached.

    A peer writes the public reply alone and cites no fact by its id: it is given the outcome's own
    private words, and taken to cite every fact that it may state.
    """
    if not answer.reply:
        return
    outcomes = ground.protocol.outcomes
    reached: Outcome = outcomes.get(answer.outcome or "") or outcomes[expected]
    facts = ground.relevant(comment, reached)
    matter = Matter(
        comment=comment,
        lang=comment.lang or "",
        outcome=reached,
        elements=ground.protocol.elements,
        brand=ground.brand,
        channel=channel_for(ground.brand, comment.channel),
        facts={fact.id: fact for fact in facts},
        prompt=ground.prompts["draft"].text,
    )
    draft = Draft(
        text=answer.reply,
        private_text=private_words(reached, ground.brand, matter.lang, facts),
        origin="template" if '"origin": "template"' in answer.note else "model",
        facts=tuple(fact.id for fact in facts),
    )
    for finding in run_checks(draft, matter):
        if not finding.passed:
            yield finding.check
