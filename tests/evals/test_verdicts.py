import pytest

from aplomo.evals.verdicts import verdicts, worst
from evals_made import answer, case, record, result


def states(*args: object, **kwargs: object) -> dict[str, str]:
    return {v.name: v.state for v in verdicts(*args, **kwargs)}  # type: ignore[arg-type]


def test_the_outcome_is_judged_under_the_protocol_that_ran() -> None:
    assert states(case("a"), result("a")) == {"outcome": "pass"}
    assert states(case("a", outcome="listen"), result("a")) == {"outcome": "fail"}
    assert states(case("a", outcome=None), result("a")) == {}


def test_an_unsure_answer_on_the_path_makes_another_outcome_unsure_not_wrong() -> None:
    held = record("human_review", action="escalate", answers={"positive": answer("unsure")})
    beside = record("listen", answers={"positive": answer("no"), "other": answer("unsure")})
    assert states(case("a"), result("a", held)) == {"outcome": "unsure"}
    assert states(case("a"), result("a", beside)) == {"outcome": "fail"}


def test_a_wrong_outcome_at_which_nobody_looks_is_wrong_however_unsure_its_path() -> None:
    led_on = record("listen", action="no_reply", answers={"positive": answer("unsure")})
    assert states(case("a"), result("a", led_on)) == {"outcome": "fail"}
    pending = record(None, answers={"positive": answer("unsure")})
    assert states(case("a"), result("a", pending)) == {"outcome": "unsure"}


def test_a_question_that_only_a_person_answers_is_named_as_what_was_got() -> None:
    [verdict] = verdicts(case("a"), result("a", record(None)))
    assert (verdict.got, verdict.state) == ("pending:worth", "fail")


@pytest.mark.parametrize(("got", "state"), [("yes", "pass"), ("no", "fail"), ("unsure", "unsure")])
def test_labelled_answers(got: str, state: str) -> None:
    labelled = case("a", outcome=None, answers={"positive": "yes", "not_asked": "no"})
    decision = record(answers={"positive": answer(got)})
    assert states(labelled, result("a", decision)) == {"answer:positive": state}


def test_named_checks_of_the_draft_and_of_the_decision() -> None:
    asked = case("a", outcome=None, checks=("length", "ready"))
    assert states(asked, result("a")) == {"check:length": "pass", "check:ready": "pass"}
    bad = record(failed="length", status="needs_human")
    assert states(asked, result("a", bad)) == {"check:length": "fail", "check:ready": "fail"}


def test_a_check_of_a_reply_that_is_not_there_fails() -> None:
    [verdict] = verdicts(
        case("a", outcome=None, checks=("length",)), result("a", record(text=None))
    )
    assert (verdict.state, verdict.got) == ("fail", "no reply to check")


def test_silence_can_be_what_is_asked_for() -> None:
    silent = record("listen", action="no_reply", status="no_reply", text=None)
    asked = case("a", outcome="listen", checks=("no_reply",))
    assert states(asked, result("a", silent)) == {"outcome": "pass", "check:no_reply": "pass"}


def test_an_error_is_an_error_of_the_outcome_and_of_every_check() -> None:
    found = states(
        case("a", answers={"positive": "yes"}, checks=("length",)), result("a", error="x")
    )
    assert found == {"outcome": "error", "check:length": "error"}


def test_the_worst_of_states() -> None:
    assert worst(("pass", "unsure", "fail")) == "fail"
    assert worst(()) == "pass"
