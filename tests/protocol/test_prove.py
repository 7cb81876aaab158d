import json

import pytest
from hypothesis import given

from aplomo.assets import asset
from aplomo.protocol.load import load, loads
from aplomo.protocol.model import Protocol
from aplomo.protocol.paths import count_paths, downwards, paths
from aplomo.protocol.prove import prove
from random_protocols import protocols

GATED = """
id: gated
languages: [en]
questions:
  danger: {safety: true, rule: 'said.contains("bomb")', yes: call, no: kind}
  kind: {text: {en: Kind?}, yes: hush, no: again, unsure: again}
  again: {same_as: kind, yes: lost, no: hush}
outcomes:
  call: {action: escalate, department: safety, level: L3}
  hush: {action: no_reply}
  lost: {action: no_reply}
"""


def test_what_is_proved_of_a_gated_protocol() -> None:
    proof = prove(loads(GATED))
    # danger yes and unsure; kind yes, no and unsure: the answer to kind is not asked twice.
    assert (proof.paths, proof.walked, proof.calls) == (5, True, 1)
    assert proof.longest == ("danger", "kind")
    assert proof.free == ("call", "human_review")
    assert proof.gates == ("danger",)
    assert proof.violations == ("outcome 'lost' is reached by no set of answers",)


@pytest.mark.parametrize(
    ("old", "new", "violation"),
    [
        ("yes: call, no: kind", "yes: call, no: kind, unsure: kind", None),
        ("safety: true, rule", "rule", None),
        ("{text: {en: Kind?}", "{safety: true, text: {en: Kind?}", None),
        (
            "questions:\n",
            "start: first\nquestions:\n  first: {text: {en: New?}, yes: kind, no: danger}\n",
            "safety gate 'danger' can come after 'first', which the model answers",
        ),
        (
            "questions:\n",
            "start: first\nquestions:\n  first: {rule: 'text == \"a\"', yes: kind, no: danger}\n",
            "safety gate 'danger' can be walked around on the way to 'kind'",
        ),
    ],
)
def test_gates_come_first(old: str, new: str, violation: str | None) -> None:
    whole = GATED.replace("yes: lost, no: hush", "yes: hush, no: lost")
    violations = prove(loads(whole.replace(old, new))).violations
    assert (violations == ()) if violation is None else (violation in violations)


def test_a_budget_that_is_passed_is_a_violation() -> None:
    proof = prove(load(asset("protocols", "brand-care.yaml")), most_calls=1)
    assert proof.violations == ("a path costs 3 answering calls, more than 1",)


@given(protocols())
def test_edges_and_walks_agree(protocol: Protocol) -> None:
    walked, judged = prove(protocol), prove(protocol, walk=0)
    assert judged.paths == walked.paths == count_paths(protocol)
    assert (judged.calls, judged.free) == (walked.calls, walked.free)
    assert len(judged.longest) == len(walked.longest)
    assert (walked.walked, judged.walked) == (True, False)


@given(protocols())
def test_the_paths_are_distinct_and_end(protocol: Protocol) -> None:
    found = list(paths(protocol))
    assert len({json.dumps(path.answers) for path in found}) == len(found)
    assert all(path.outcome in protocol.outcomes for path in found)


@given(protocols())
def test_downwards_puts_each_question_before_what_it_leads_to(protocol: Protocol) -> None:
    order = [question.id for question in downwards(protocol)]
    assert sorted(order) == sorted(protocol.questions)
    for name in order:
        question = protocol.questions[name]
        for node in (question.yes, question.no, question.unsure):
            assert node not in order or order.index(node) > order.index(name)


def test_a_protocol_of_too_many_paths_is_judged_by_its_edges() -> None:
    questions = {
        f"q{n}": {
            "text": {"es": "¿?"},
            "yes": f"q{n + 1}",
            "no": f"q{n + 1}",
            "unsure": f"q{n + 1}",
        }
        for n in range(40)
    }
    questions["q39"] = {"text": {"es": "¿?"}, "yes": "end", "no": "end"}
    data = {"id": "wide", "languages": ["es"], "questions": questions}
    proof = prove(loads(json.dumps(data | {"outcomes": {"end": {"action": "no_reply"}}})))
    assert (proof.paths, proof.walked) == (3**40, False)
    assert (len(proof.longest), proof.calls, proof.violations) == (40, 1, ())
