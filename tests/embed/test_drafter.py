"""The path of a comment, end to end, on a model that says what it is told."""

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from aplomo import Comment, Drafter, ScriptedModel, UsageError
from aplomo.brand.model import Fact
from aplomo.errors import BadCompletion, ModelRejected
from aplomo.llm.retry import RetryPolicy
from aplomo.protocol.load import loads
from aplomo.protocol.model import Question, Verdict
from small_world import GOOD, PRAISE, PROTOCOL, drafter, reply, said


def test_praise_takes_one_answering_and_one_drafting_call() -> None:
    made, model = drafter(said("yes", positive="Me encanta"), reply(GOOD))
    decision = made.draft(PRAISE)
    model.assert_complete()
    assert decision.status == "ready"
    assert decision.path == ("link", "positive")
    assert decision.reply is not None
    assert (decision.reply.text, decision.reply.draft.origin) == (GOOD, "model")
    assert decision.usage.calls == 2
    assert [request.purpose for request in model.requests] == ["answer:1", "draft:es"]
    assert decision.why == snapshot("positive: yes (“Me encanta”) → thank")
    assert set(decision.answers) == {"link", "positive", "failed"}


def test_rules_that_decide_everything_take_no_call() -> None:
    made, _ = drafter()
    decision = made.draft(Comment(text="mira http://spam.example", lang="es"))
    assert decision.outcome is not None
    assert (decision.outcome.id, decision.status) == ("hide", "no_reply")
    assert (decision.usage.calls, decision.model) == (0, None)


def test_an_outcome_without_a_reply_takes_no_drafting_call() -> None:
    made, model = drafter(said("no"))
    decision = made.draft(PRAISE)
    model.assert_complete()
    assert (decision.status, decision.reply, decision.usage.calls) == ("no_reply", None, 1)


def test_a_draft_that_fails_is_repaired_once_with_the_failures_named() -> None:
    made, model = drafter(said("yes"), reply("Gracias, te devolvemos el dinero."), reply(GOOD))
    decision = made.draft(PRAISE)
    assert decision.status == "ready"
    assert decision.reply is not None
    assert decision.reply.text == GOOD
    assert "refund" in model.requests[2].messages[-1].content
    assert set(decision.prompts) == {"answer", "draft", "repair", "task"}


def test_what_a_draft_has_to_say_and_does_not_is_said_in_the_templates_words() -> None:
    made, model = drafter(said("yes"), reply("Nos alegra mucho leerte por aquí."))
    decision = made.draft(PRAISE)
    model.assert_complete()
    assert decision.reply is not None
    assert decision.reply.text == snapshot(
        "¡Muchas gracias por escribirnos! Nos alegra mucho leerte por aquí."
    )
    assert decision.reply.draft.origin == "model"
    assert any("was mended" in note for note in decision.notes)


def test_where_no_fact_covers_a_question_nothing_is_asked_of_the_model() -> None:
    thank = replace(PROTOCOL.outcomes["thank"], facts="optional")
    protocol = replace(PROTOCOL, outcomes={**PROTOCOL.outcomes, "thank": thank})
    made, model = drafter(said("yes"), protocol=protocol)
    decision = made.draft(PRAISE)
    model.assert_complete()
    assert decision.reply is not None
    assert (decision.reply.draft.origin, decision.usage.calls) == ("template", 1)
    assert "no fact covers this: the outcome's own words" in decision.notes


def test_what_no_fact_says_is_left_out_of_a_reply_to_a_question_and_noted() -> None:
    thank = replace(PROTOCOL.outcomes["thank"], facts="optional")
    protocol = replace(PROTOCOL, outcomes={**PROTOCOL.outcomes, "thank": thank})
    origin = Fact(id="origin", statement={"es": "El café viene de Guatemala."}, source="web")
    true, beside = "Gracias, el café viene de Guatemala.", "Nuestra gata Lola duerme muchísimo."
    cited = json.dumps({"facts": ["origin"], "reply": f"{true} {beside}"})
    made, model = drafter(said("yes"), cited, protocol=protocol, facts={"origin": origin})
    decision = made.draft(Comment(text="Qué rico, ¿de dónde viene el café?", lang="es"))
    model.assert_complete()
    assert decision.reply is not None
    assert (decision.status, decision.reply.text) == ("ready", true)
    assert decision.reply.draft.origin == "model"
    assert any(beside in note for note in decision.notes)


def test_two_bad_drafts_are_replaced_by_the_template() -> None:
    bad = reply("Te devolvemos el dinero hoy mismo, gracias.")
    made, _ = drafter(said("yes"), bad, bad)
    decision = made.draft(PRAISE)
    assert decision.reply is not None
    assert (decision.status, decision.reply.draft.origin) == ("ready", "template")
    assert decision.reply.text == "¡Muchas gracias por escribirnos!"
    assert any("the template replaced" in note for note in decision.notes)
    assert decision.usage.calls == 3


def test_a_model_that_fails_while_drafting_leaves_the_template() -> None:
    made, _ = drafter(said("yes"), ModelRejected("no credit left"))
    decision = made.draft(PRAISE)
    assert decision.reply is not None
    assert (decision.status, decision.reply.draft.origin) == ("ready", "template")
    assert "no credit left" in " ".join(decision.notes)


def test_a_model_that_fails_while_answering_sends_the_comment_to_a_person() -> None:
    made, _ = drafter(ModelRejected("wrong key"))
    decision = made.draft(PRAISE)
    assert decision.outcome is not None
    assert (decision.outcome.id, decision.status) == ("human_review", "needs_human")
    assert decision.undecided
    assert "wrong key" in decision.why


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"positive":"maybe"}', '{"positive":"yes"}'])
def test_broken_answers_are_retried_then_go_to_a_person(broken: str) -> None:
    made, model = drafter(broken, broken, broken)
    decision = made.draft(PRAISE)
    model.assert_complete()
    assert decision.status == "needs_human"
    assert decision.usage.calls == 3


def test_one_broken_answer_is_forgiven() -> None:
    made, _ = drafter(BadCompletion("cut off"), said("no"))
    assert made.draft(PRAISE).status == "no_reply"


def test_invented_evidence_makes_the_answer_unsure() -> None:
    made, _ = drafter(said("yes", positive="sois maravillosos"))
    decision = made.draft(PRAISE)
    assert decision.answers["positive"].answer == "unsure"
    assert decision.outcome is not None
    assert decision.outcome.id == "human_review"
    assert "sois maravillosos" in decision.why


def test_a_question_only_a_person_can_answer_is_a_value_and_can_be_resumed() -> None:
    made, _ = drafter(said("no", "yes"), reply(GOOD))
    pending = made.draft(PRAISE)
    assert (pending.pending, pending.outcome, pending.status) == ("worth", None, "needs_human")
    assert pending.path == ("link", "positive", "failed")
    resumed = made.resume(pending, {"worth": "yes"})
    assert resumed.path == ("link", "positive", "failed", "worth")
    assert resumed.status == "ready"
    assert resumed.usage.calls == 1  # the model's answers are kept; only the draft is new


def test_resuming_refuses_unused_answers_and_another_protocol() -> None:
    made, _ = drafter(said("no", "yes"))
    pending = made.draft(PRAISE)
    with pytest.raises(UsageError, match="did not need: positive"):
        made.resume(pending, {"link": "yes", "positive": "no"})
    changed, _ = drafter(protocol=replace(PROTOCOL, sha256="another"))
    with pytest.raises(UsageError, match="protocol has changed"):
        changed.resume(pending, {"worth": "no"})


def test_given_answers_come_before_every_rung() -> None:
    made, model = drafter(reply(GOOD))
    decision = made.draft(PRAISE, answers={"positive": "yes"})
    assert [request.purpose for request in model.requests] == ["draft:es"]
    assert decision.answers["positive"].by == "human"


@pytest.mark.parametrize("answers", [{"nothing": "yes"}, {"positive": "maybe"}])
def test_unknown_answers_are_refused(answers: dict[str, Verdict]) -> None:
    made, _ = drafter()
    with pytest.raises(UsageError):
        made.draft(PRAISE, answers=answers)


def test_a_person_is_asked_only_the_questions_the_walk_reaches() -> None:
    reached: list[str] = []

    def person(question: Question, _: Comment) -> Verdict:
        reached.append(question.id)
        return "no"

    made, _ = drafter(ask_model=False, consult=person)
    decision = made.draft(PRAISE)
    assert reached == ["positive", "failed"]
    assert decision.usage.calls == 0


def test_a_language_the_protocol_lacks_goes_to_a_person_with_its_outcome() -> None:
    made, _ = drafter(said("yes"))
    decision = made.draft(Comment(text="Ich liebe diesen Kaffee", lang="de"))
    assert decision.outcome is not None
    assert (decision.outcome.id, decision.status, decision.reply) == ("thank", "needs_human", None)


def test_sync_async_and_batches_agree() -> None:
    def record(decision: object) -> str:
        return comparable(decision.to_dict())  # type: ignore[attr-defined]

    one = record(drafter(said("yes"), reply(GOOD))[0].draft(PRAISE))
    two = record(asyncio.run(drafter(said("yes"), reply(GOOD))[0].adraft(PRAISE)))
    (three,) = drafter(said("yes"), reply(GOOD))[0].draft_many([PRAISE])
    (four,) = asyncio.run(drafter(said("yes"), reply(GOOD))[0].adraft_many([PRAISE]))
    assert one == two == record(three) == record(four)


@given(st.sampled_from(["yes", "no"]), st.sampled_from(["yes", "no"]))
def test_the_same_answers_give_the_same_record_times_and_ids_apart(a: str, b: str) -> None:
    records = {
        comparable(drafter(said(a, b), reply(GOOD))[0].draft(PRAISE).to_dict()) for _ in range(2)
    }
    assert len(records) == 1


def comparable(record: dict[str, Any]) -> str:
    record["usage"].pop("seconds")
    return json.dumps({k: v for k, v in record.items() if k not in {"id", "created_at"}})


def test_without_drafting_a_reply_outcome_is_only_decided() -> None:
    made, model = drafter(said("yes"), write=False)
    decision = made.draft(PRAISE)
    model.assert_complete()
    assert (decision.status, decision.reply) == ("ready", None)


def test_from_workspace_uses_its_files(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from aplomo.cli.init import init

    assert CliRunner().invoke(init, [str(tmp_path)]).exit_code == 0
    made = Drafter.from_workspace(tmp_path, model=ScriptedModel([]))
    assert made.workspace.root == tmp_path
    assert made.workspace.notice is None
    assert made.kit.protocol.id == "brand-care"


def test_a_reply_that_repeats_a_recent_one_is_not_ready_as_it_is() -> None:
    text = "Muchas gracias por venir a desayunar con toda la familia, volved pronto."
    other = "Gracias, qué ilusión nos hace que el regalo de tu hermana llegara a tiempo."
    made, model = drafter(said("yes"), reply(text), said("yes"), reply(text), reply(other))
    first = made.draft(PRAISE)
    again = made.draft(Comment(text="El mejor desayuno en meses, qué rico todo", lang="es"))
    model.assert_complete()
    assert first.reply is not None
    assert again.reply is not None
    assert (first.reply.text, again.reply.text) == (text, other)
    assert "reply_copy" in model.requests[-1].messages[-1].content


def test_the_time_that_a_person_takes_is_not_the_models() -> None:
    def slow(question: Question, comment: Comment) -> Verdict | None:
        time.sleep(0.3)
        return "yes"

    policy = RetryPolicy(deadline=0.2, timeout=0.2)
    made, model = drafter(said("no", "yes"), reply(GOOD), consult=slow, policy=policy)
    decision = made.draft(PRAISE)
    model.assert_complete()
    assert decision.reply is not None
    assert decision.reply.draft.origin == "model"


def test_a_question_met_again_is_not_asked_again() -> None:
    asked: list[str] = []

    def person(question: Question, comment: Comment) -> Verdict | None:
        asked.append(question.id)
        return "unsure"

    protocol = loads("""
id: twice
languages: [es]
questions:
  kind: {text: {es: ¿Cuál?}, ask: [human], yes: hush, no: hush, unsure: again}
  again: {same_as: kind, yes: hush, no: hush}
outcomes:
  hush: {action: no_reply}
""")
    made, _ = drafter(protocol=protocol, consult=person)
    decision = made.draft(PRAISE)
    assert (asked, decision.path) == (["kind"], ("kind",))
    assert decision.outcome is not None
    assert decision.outcome.id == "human_review"
