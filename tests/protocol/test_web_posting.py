"""The 2008 chart: its boxes, in its order."""

import pytest

from aplomo.assets import asset
from aplomo.protocol.load import load
from aplomo.protocol.model import Verdict
from aplomo.walk import walk

CHART = load(asset("protocols", "web-posting-2008.yaml"))


@pytest.mark.parametrize(
    ("yes", "outcome"),
    [
        (["discovery"], "let_stand"),
        (["discovery", "concurrence"], "let_stand"),
        (["discovery", "concurrence", "share_success"], "share_story"),
        (["trolls"], "monitor_only"),
        (["rager", "unhappy_customer"], "monitor_only"),  # the trap: the angry are silenced
        (["misguided", "fix_the_facts"], "correct"),
        (["misguided", "final_evaluation"], "respond"),
        (["unhappy_customer", "restoration"], "rectify"),
        (["unhappy_customer"], "let_stand"),
        (["final_evaluation"], "respond"),
        ([], "let_stand"),
    ],
)
def test_the_boxes(yes: list[str], outcome: str) -> None:
    steps = walk(CHART)
    question = next(steps)
    with pytest.raises(StopIteration) as stop:
        while True:
            verdict: Verdict = "yes" if question.id in yes else "no"
            question = steps.send(verdict)
    assert stop.value.value.id == outcome


def test_what_a_person_of_the_air_force_decided_a_person_decides() -> None:
    human = {name for name, question in CHART.questions.items() if question.ask == ("human",)}
    assert human == {
        "concurrence",
        "share_success",
        "fix_the_facts",
        "restoration",
        "final_evaluation",
    }
    assert all(
        node.source
        for node in (*CHART.questions.values(), *CHART.outcomes.values())
        if node.id != "human_review"
    )
