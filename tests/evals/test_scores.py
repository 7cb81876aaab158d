import pytest

from aplomo.evals.cases import Case
from aplomo.evals.result import CaseResult
from aplomo.evals.scores import Drafts, Share, scores
from aplomo.evals.snapshot import Judged, judged
from evals_made import answer, case, record, result


def asked(*rows: tuple[str, str, float, float]) -> tuple[Judged, ...]:
    """Cases from (label, answer, probability of the answer, log-odds)."""
    cases: list[Case] = []
    results: list[CaseResult] = []
    for number, (label, got, sure, logit) in enumerate(rows):
        cases.append(case(str(number), outcome=None, answers={"positive": label}))  # type: ignore[dict-item]
        decision = record(answers={"positive": answer(got, sure=sure, logit=logit)})
        results.append(result(str(number), decision))
    return judged(cases, results)


FOUR = asked(
    ("yes", "yes", 0.95, 3.0),
    ("yes", "no", 0.6, 0.5),
    ("no", "no", 0.92, -2.0),
    ("no", "unsure", 0.5, 1.0),
)


def test_a_question_is_scored_on_its_labels() -> None:
    [score] = scores(FOUR).questions
    assert score.confusion == {
        ("yes", "yes"): 1,
        ("yes", "no"): 1,
        ("no", "no"): 1,
        ("no", "unsure"): 1,
    }
    assert (score.cases, score.labelled("yes"), score.unsure) == (4, 2, 0.25)
    assert (
        score.auc == 0.75
    )  # of the four pairs, only the missed yes below the unsure no is upside down
    assert score.balanced_accuracy == 0.75
    assert score.roc[0] == (0.0, 0.0)
    assert score.roc[-1] == (1.0, 1.0)


def test_what_was_said_beside_what_was() -> None:
    [score] = scores(FOUR).questions
    assert [(round(b.said, 2), b.was, b.cases) for b in score.bins] == [
        (0.08, 0.0, 1),
        (0.4, 1.0, 1),
        (0.5, 0.0, 1),
        (0.95, 1.0, 1),
    ]
    assert score.gap == pytest.approx((0.08 + 0.6 + 0.5 + 0.05) / 4)


def test_one_label_alone_ranks_nothing() -> None:
    [score] = scores(asked(("yes", "yes", 0.9, 1.0))).questions
    assert (score.auc, score.balanced_accuracy, score.roc) == (None, None, ())


def test_answers_without_log_probabilities_still_have_a_confusion() -> None:
    labelled = case("a", outcome=None, answers={"positive": "yes"})
    decision = record(answers={"positive": answer("yes", sure=None, logit=None)})
    [score] = scores(judged([labelled], [result("a", decision)])).questions
    assert (score.cases, score.auc, score.bins, score.gap) == (1, None, (), None)


def test_shares_by_question_and_label() -> None:
    shares = scores(FOUR).shares
    assert shares["answer:positive"] == Share(passed=2, cases=4)
    assert shares["answer:positive=yes"] == Share(passed=1, cases=2)


def test_outcomes_and_who_decides() -> None:
    held = record(
        "human_review",
        action="escalate",
        status="needs_human",
        answers={"positive": answer("unsure")},
        text=None,
    )
    found = scores(judged([case("a"), case("b")], [result("a"), result("b", held)]))
    assert found.outcomes == {("thank", "thank"): 1, ("thank", "human_review"): 1}
    assert (found.needs_human, found.cases) == (1, 2)
    assert found.shares["outcome"] == Share(passed=1, cases=2)
    assert found.shares["safe"] == Share(passed=2, cases=2)


def test_a_wrong_outcome_that_nobody_looks_at_is_not_safe() -> None:
    wrong = record("listen", action="no_reply", status="no_reply", text=None)
    assert scores(judged([case("a")], [result("a", wrong)])).shares["safe"].passed == 0


def test_what_became_of_drafts() -> None:
    note = (
        "the template replaced the model's draft: length: 300/280; promises: 'we will refund';"
        " a refund; Ana: yes"
    )
    decisions = [
        record(),
        record(repaired=True),
        record(origin="template", repaired=True, notes=(note,)),
        record(status="needs_human", failed="length"),
        record("listen", action="no_reply", status="no_reply", text=None),
    ]
    cases = [case(str(n)) for n in range(4)] + [case("4", outcome="listen")]
    found = scores(judged(cases, [result(str(n), d) for n, d in enumerate(decisions)]))
    assert found.drafts == {("thank", "es"): Drafts(first=1, repaired=1, template=1, to_a_person=1)}
    assert found.replaced_by == {"length": 1, "promises": 1}


def test_where_nothing_is_drafted_no_drafts_are_counted() -> None:
    assert scores(judged([case("a")], [result("a", record(text=None))])).drafts == {}


def test_cost() -> None:
    cost = scores(judged([case("a"), case("b")], [result("a"), result("b", seconds=1.5)])).cost
    assert (cost.calls, cost.input_tokens, cost.output_tokens) == (2, 200, 40)
    assert (cost.seconds_median, cost.seconds_p95) == (1.0, pytest.approx(1.9, abs=0.5))


def test_nothing_ran() -> None:
    found = scores(())
    assert (found.cases, found.questions, found.cost.seconds_p95) == (0, (), 0.0)


def test_few_cases_take_no_longer_than_the_slowest_of_them() -> None:
    cases = [case(str(n)) for n in range(4)]
    ran = [result(str(n), seconds=1.0 + 3 * (n == 3)) for n in range(4)]
    cost = scores(judged(cases, ran)).cost
    assert (cost.seconds_median, 1.0 < cost.seconds_p95 <= 4.0) == (1.0, True)
