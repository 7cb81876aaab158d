"""The first rung: code answers from the comment alone."""

from aplomo.comment import Comment
from aplomo.protocol.model import Question
from aplomo.protocol.rule import RuleError, compile_rule
from aplomo.walk import Answer

__all__ = ["by_rule"]


def by_rule(question: Question, comment: Comment) -> Answer:
    """The rule's answer; unsure, with the reason, when it cannot be evaluated on this comment."""
    assert question.rule is not None  # the loader refuses `ask: [rule]` without a rule
    try:
        holds = compile_rule(question.rule)(comment)
    except RuleError as error:
        return Answer(question=question.id, answer="unsure", by="rule", reason=str(error))
    return Answer(question=question.id, answer="yes" if holds else "no", by="rule")
