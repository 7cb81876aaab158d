"""Random protocols that are right: what the property tests draw from."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from aplomo.protocol.load import loads
from aplomo.protocol.model import Protocol

__all__ = ["protocol_data", "protocols"]

_ACTIONS: list[dict[str, Any]] = [
    {"action": "no_reply"},
    {"action": "moderate", "department": "community"},
    {"action": "escalate", "department": "care", "level": "L2"},
    {"action": "reply", "department": "care", "goal": {"es": "a"}, "template": {"es": "{brand}"}},
]


@st.composite
def protocol_data(draw: st.DrawFn) -> dict[str, Any]:
    """A random DAG: each question leads only forwards, and something leads to each question."""
    count = draw(st.integers(1, 12))
    names = [f"q{index}" for index in range(count)]
    outcomes = [f"o{index}" for index in range(draw(st.integers(1, 5)))]
    questions: dict[str, Any] = {}
    for index, name in enumerate(names):
        target = st.sampled_from([*names[index + 1 :], *outcomes])
        questions[name] = {"text": {"es": "¿?"}, "yes": draw(target), "no": draw(target)}
        if index + 1 < count:  # the next question hangs from this one, so that all are reached
            questions[name][draw(st.sampled_from(["yes", "no"]))] = names[index + 1]
        if draw(st.booleans()):
            questions[name]["unsure"] = draw(target)
        if draw(st.booleans()):
            questions[name]["rule"] = 'text.contains("?")'
    used = {
        question[branch]
        for question in questions.values()
        for branch in question
        if branch in ("yes", "no", "unsure")
    }
    kept = {name: deepcopy(draw(st.sampled_from(_ACTIONS))) for name in outcomes if name in used}
    return {"id": "random", "languages": ["es"], "questions": questions, "outcomes": kept}


def protocols() -> st.SearchStrategy[Protocol]:
    """Random protocols, loaded; JSON is YAML."""
    return protocol_data().map(lambda data: loads(json.dumps(data)))
