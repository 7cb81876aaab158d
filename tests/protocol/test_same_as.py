import pytest

from aplomo.errors import DocumentError
from aplomo.protocol.load import loads
from aplomo.protocol.model import Verdict
from aplomo.walk import walk

SHARED = """
id: shared
languages: [en]
questions:
  praise: {text: {en: Praise?}, yes: wish, no: idea}
  idea: {text: {en: An idea?}, label: has_idea, yes: take, no: hush}
  wish: {same_as: idea, yes: take, no: smile, unsure: smile}
outcomes:
  take: {action: no_reply}
  smile: {action: no_reply}
  hush: {action: no_reply}
"""


@pytest.mark.parametrize(
    ("praise", "idea", "outcome"),
    [
        ("yes", "no", "smile"),
        ("no", "no", "hush"),
        ("yes", "unsure", "smile"),
        ("no", "yes", "take"),
    ],
)
def test_one_answer_decides_at_two_nodes(praise: Verdict, idea: Verdict, outcome: str) -> None:
    steps = walk(loads(SHARED))
    assert next(steps).id == "praise"
    assert steps.send(praise).id == "idea"
    with pytest.raises(StopIteration) as stop:
        steps.send(idea)
    assert stop.value.value.id == outcome


def test_the_model_is_asked_once() -> None:
    protocol = loads(SHARED)
    assert [question.id for question in protocol.round(1)] == ["praise", "idea"]
    assert protocol.questions["wish"].text == protocol.questions["idea"].text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("same_as: idea", "same_as: ide", "names an unknown question 'ide'"),
        ("same_as: idea", "same_as: wish", "must name a question that is asked itself, not 'wish'"),
        ("same_as: idea,", "same_as: idea, text: {en: x},", "questions.wish.text is never used"),
        ("same_as: idea,", "same_as: idea, round: 2,", "questions.wish.round is never used"),
        ("same_as: idea,", "same_as: idea, facts: required,", "questions.wish.facts is never used"),
    ],
)
def test_what_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        loads(SHARED.replace(old, new))
    assert message in " ".join(problem.message for problem in caught.value.problems)
