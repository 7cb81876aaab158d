"""What the model knows but does not say: its hidden state, read where a calibration needs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from aplomo import Comment, Drafter, ScriptedModel
from aplomo.answer.calibration import packed
from aplomo.errors import ModelRejected
from aplomo.llm.port import Completion, Token, Usage
from aplomo.llm.scripted import Step
from aplomo.protocol.load import loads
from aplomo.protocol.model import Protocol
from aplomo.workspace import Workspace
from small_world import BRAND, PRAISE, PROTOCOL, SMALL, said

READ = Completion(text="", usage=Usage(input_tokens=30), state=(1.0, 0.0))


def surely(answer: str) -> Completion:
    """The answers with log-odds of 2 for what was said of the first question."""
    head, text = '{"positive":"', said(answer)
    odds = {answer: -0.1269, "no" if answer == "yes" else "yes": -2.1269}
    rest = text.replace('": "', '":"').removeprefix(head).removeprefix(answer)
    tokens = (Token(text=head, alternatives={}), Token(text=answer, alternatives=odds))
    last = Token(text=rest, alternatives={})
    return Completion(text=head + answer + rest, usage=Usage(calls=1), tokens=(*tokens, last))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A calibration that trusts the state more than what the model says."""
    (tmp_path / "aplomo.toml").write_text("")
    sha256 = _drafter(Workspace.find(tmp_path)).kit.rounds.round(1).sha256
    curve = {"weight": 0.5, "intercept": 0.0, "no_below": 0.4, "yes_from": 0.6}
    questions = {
        "positive": curve | {"probe": packed((3.0, 0.0))},
        "failed": curve | {"probe": ""},
    }
    place = tmp_path / "calibration" / "small" / "scripted.json"
    place.parent.mkdir(parents=True)
    rounds = {"1": {"prefix_sha256": sha256, "questions": questions}}
    place.write_text(json.dumps({"format": "aplomo.calibration/3", "rounds": rounds}))
    return Workspace.find(tmp_path)


def _drafter(workspace: Workspace, *steps: Step, protocol: Protocol = PROTOCOL) -> Any:
    return Drafter(
        protocol=protocol,
        brand=BRAND,
        facts={},
        model=ScriptedModel(steps),
        workspace=workspace,
        write=False,
    )


def _probed(workspace: Workspace, *steps: Step, **curve: Any) -> Any:
    """On a protocol whose `positive` is read off the state before it is asked."""
    assert workspace.root is not None
    place = workspace.root / "calibration" / "small" / "scripted.json"
    data = json.loads(place.read_text())
    shape = {"probe": packed((9.0, 0.0)), "weight": 0.0, "intercept": 0.0}
    fitted = shape | {"no_below": 0.4, "yes_from": 0.6} | curve
    data["rounds"]["1"]["questions"] = {"positive": fitted}
    place.write_text(json.dumps(data))
    protocol = loads(SMALL.replace("Is it praise?}", "Is it praise?}\n    ask: [probe, model]"))
    return _drafter(workspace, *steps, protocol=protocol)


def test_the_state_decides_with_the_log_odds_and_costs_no_answer(workspace: Workspace) -> None:
    made = _drafter(workspace, surely("no"), READ)
    decision = made.draft(PRAISE)
    answer = decision.answers["positive"]
    assert (answer.answer, answer.logit) == ("yes", -2.0)
    assert answer.confidence == pytest.approx(0.8808, abs=1e-4)
    assert decision.usage == Usage(calls=1, input_tokens=30)
    assert [request.purpose for request in made.model.requests] == ["answer:1", "state"]
    assert set(decision.prompts) == {"answer", "state"}


def test_what_the_state_gives_away_leaves_the_answers_to_a_person(workspace: Workspace) -> None:
    assert workspace.root is not None
    place = workspace.root / "calibration" / "small" / "scripted.json"
    data = json.loads(place.read_text())
    told = {"weight": 0.0, "probe": packed((5.0, 0.0)), "intercept": 0.0}
    data["rounds"]["1"]["instructions"] = told | {"no_below": 0.99, "yes_from": 0.99}
    place.write_text(json.dumps(data))
    decision = _drafter(workspace, surely("yes"), READ).draft(PRAISE)
    answer = decision.answers["positive"]
    assert answer.answer == "unsure"
    assert answer.reason is not None
    assert answer.reason.startswith("the model said yes, but the comment reads like text addressed")
    assert decision.status == "needs_human"
    assert decision.notes[0] == "the comment reads like text addressed to the model (0.99)"


@pytest.mark.parametrize(
    ("curve", "answer", "by"),
    [
        ({"probe": packed((9.0, 0.0)), "intercept": 0.0}, "yes", "model"),
        ({"probe": packed((9.0, 0.0)), "intercept": -18.0}, "no", "model"),
        ({"probe": packed((9.0, 0.0)), "intercept": -9.0}, "no", "rule"),
        (None, "no", "rule"),
    ],
)
def test_a_probe_answers_before_the_next_where_it_is_fitted_and_sure(
    workspace: Workspace, curve: dict[str, Any] | None, answer: str, by: str
) -> None:
    protocol = loads(SMALL.replace("rule: text", "ask: [probe, rule]\n    rule: text"))
    sha256 = _drafter(workspace, protocol=protocol).kit.rounds.round(1).sha256
    assert workspace.root is not None
    place = workspace.root / "calibration" / "small" / "scripted.json"
    data = json.loads(place.read_text())
    assert data["rounds"]["1"]["prefix_sha256"] == sha256, "a probe is no part of the prompt"
    fitted = curve and curve | {"weight": 0.0, "no_below": 0.4, "yes_from": 0.6}
    data["rounds"]["1"]["questions"] = {"link": fitted} if fitted else {}
    place.write_text(json.dumps(data))
    steps = [READ] * (curve is not None) + [surely("no")] * (answer == "no")
    made = _drafter(workspace, *steps, protocol=protocol)
    decision = made.draft(PRAISE)
    assert (decision.answers["link"].answer, decision.answers["link"].by) == (answer, by)
    assert decision.answers["link"].evidence is None
    made.model.assert_complete()


@pytest.mark.parametrize(
    ("curve", "steps", "asked"),
    [
        ({}, [READ], ["state"]),
        (
            {},
            [ModelRejected("no embeddings here"), surely("yes")],
            ["state", "answer:1"],
        ),
        ({"probe": "", "weight": 1.0}, [surely("yes")], ["answer:1"]),
    ],
)
def test_who_is_read_first_is_asked_only_where_the_state_tells_nothing(
    workspace: Workspace, curve: dict[str, Any], steps: list[Step], asked: list[str]
) -> None:
    made = _probed(workspace, *steps, **curve)
    decision = made.draft(PRAISE)
    assert (decision.answers["positive"].answer, decision.outcome.id) == ("yes", "thank")
    assert [request.purpose for request in made.model.requests] == asked
    assert decision.calibration == "fitted"
    assert decision.model is not None
    assert set(decision.prompts) == {name.partition(":")[0] for name in asked}


def test_a_state_that_leaves_it_open_is_not_asked_again_in_words(workspace: Workspace) -> None:
    made = _probed(workspace, READ, intercept=-9.0)
    decision = made.draft(PRAISE)
    assert (decision.answers["positive"].answer, decision.status) == ("unsure", "needs_human")
    assert [request.purpose for request in made.model.requests] == ["state"]


def test_that_only_a_part_was_read_is_said_once(workspace: Workspace) -> None:
    long = Comment(text="Me encanta vuestro café. " * 2000, lang="es")
    [by_state] = _probed(workspace, READ).draft(long).notes
    [asked, _] = _probed(workspace, ModelRejected("none"), surely("yes")).draft(long).notes
    assert by_state == asked
    assert "characters" in asked


def test_a_model_that_tells_no_state_is_believed_as_far_as_it_speaks(workspace: Workspace) -> None:
    decision = _drafter(workspace, surely("yes"), ModelRejected("no embeddings here")).draft(PRAISE)
    answer = decision.answers["positive"]
    assert (answer.answer, answer.confidence) == ("yes", None)
    assert any("did not tell its state" in note for note in decision.notes)
