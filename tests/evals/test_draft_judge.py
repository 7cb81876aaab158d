"""The judge: what it says stands on the draft's own words, and changes nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from aplomo import Comment, Drafter, ScriptedModel
from aplomo.decision.model import Decision
from aplomo.errors import UsageError
from aplomo.evals.agreement import agreement
from aplomo.evals.judge import PROMPTS, Judge
from aplomo.evals.result import CallResult, Judgement
from aplomo.evals.session import replay
from aplomo.evals.snapshot import judged
from aplomo.llm.retry import RetryPolicy
from aplomo.prompt import load_prompt
from aplomo.protocol.load import loads
from evals_made import case, record, result
from oracle import Oracle
from suite_made import PROTOCOL, Made, aplomo
from suite_made import record as recorded_with

REPLY = "Muchas gracias por escribirnos, leerte nos alegra el café de hoy."
DRAFTED = [
    '{"positive":"yes","failed":"no","worth":"no","quotes":{}}',
    json.dumps({"reply": REPLY}),
]


def said(*answers: str) -> Judgement | None:
    """What a judge that gives `answers` says of a draft."""
    protocol = loads(PROTOCOL)
    with ScriptedModel(DRAFTED) as model:
        drafter = Drafter(protocol=protocol, model=model)
        decision = drafter.draft(Comment(text="Me encanta vuestro café", lang="es"))
    assert decision.reply is not None
    return judging(drafter, decision, *answers)


def judging(drafter: Drafter, decision: Decision, *answers: str) -> Judgement | None:
    with ScriptedModel(answers) as model:
        prompts = {name: load_prompt(name) for name in PROMPTS}
        policy = RetryPolicy(attempts=1)
        judge = Judge(model=model, kit=drafter.kit, policy=policy, prompts=prompts)
        return judge.judge(decision)


def answered(send: str, *problems: tuple[str, str]) -> str:
    listed = [{"quote": quote, "problem": problem} for quote, problem in problems]
    return json.dumps({"problems": listed, "send": send})


@pytest.mark.parametrize(
    ("answer", "verdict", "reason"),
    [
        (answered("yes"), "ready", None),
        (answered("no", ("Nos alegra el café", "too sweet")), "not_ready", None),
        (answered("no", ("le damos dos cafés", "a promise")), "unsure", "not in the draft"),
        (answered("no"), "unsure", "no problem is quoted"),
        (answered("yes", ("nos alegra", "too sweet")), "unsure", "sent all the same"),
        (answered("maybe"), "unsure", "'maybe', not yes or no"),
        ('{"send":"no"}', "unsure", "no list of problems"),
        ('{"send":"no","problems":[{"quote":"te"}]}', "unsure", "has no quote"),
        ("no", "unsure", "not JSON"),
    ],
)
def test_a_judgement_stands_on_quotes_of_the_draft(
    answer: str, verdict: str, reason: str | None
) -> None:
    judgement = said(answer)
    assert judgement is not None
    assert judgement.verdict == verdict
    assert (reason or "") in (judgement.reason or "")


def test_a_quote_is_shown_as_the_draft_has_it() -> None:
    judgement = said(answered("no", ("NOS ALEGRA EL CAFE", "too sweet")))
    assert judgement is not None
    assert judgement.problems == (("nos alegra el café", "too sweet"),)


def test_where_nothing_is_drafted_nothing_is_judged() -> None:
    answers = ['{"positive":"no","failed":"no","worth":"no","quotes":{}}']
    with ScriptedModel(answers) as model:
        drafter = Drafter(protocol=loads(PROTOCOL), model=model)
        decision = drafter.draft(Comment(text="Abrís mañana", lang="es"))
    assert judging(drafter, decision) is None


def test_agreement_is_counted_over_what_the_judge_decides() -> None:
    told = ["ready", "ready", "not_ready", "not_ready", "unsure", "missing"]
    broken = [None, "length", "length", None, None, None]
    cases = [case(str(n), checks=("length",)) for n in range(6)]
    calls = (CallResult(purpose="judge:es", key="k"),)
    results = [
        replace(
            result(str(n), record(failed=failed)),
            judgement=Judgement(verdict=verdict),  # type: ignore[arg-type]
            calls=calls,
        )
        for n, (verdict, failed) in enumerate(zip(told, broken, strict=True))
    ]
    found = agreement(judged(cases, results))
    assert found is not None
    assert (found.agreed, found.decided, found.said("unsure"), found.said("missing")) == (
        2,
        4,
        1,
        1,
    )
    assert found.kappa == 0.0
    assert [one.case.id for one in found.disagreeing] == ["1", "3"]
    assert len(found.calls) == 6
    assert agreement(judged(cases, [result("0")])) is None


@pytest.fixture
def judging_suite(made: Made, oracle: Oracle) -> Made:
    """The suite with a judge, recorded and accepted."""
    cases = made.root / "evals/mini/cases.yaml"
    text = cases.read_text(encoding="utf-8").replace("suite: mini", "suite: mini\njudge: true")
    text = text.replace("    answers:", "    checks: [ready]\n    answers:")
    cases.write_text(text, encoding="utf-8")
    assert recorded_with(oracle.url, "--all").exit_code == 0
    assert aplomo("accept", "mini").exit_code == 0
    oracle.bodies.clear()
    return made


def test_judgements_are_recorded_like_any_call(judging_suite: Made, oracle: Oracle) -> None:
    run = replay(judging_suite.bench())
    told = [one.judgement for one in run.results if one.judgement]
    assert told
    assert {one.verdict for one in told} <= {"ready", "unsure"}
    assert (run.missed, run.unplayed) == (0, 0)

    before = judging_suite.bytes()
    judging_suite.edit("prompts/judge.md", "Matters of taste", "Questions of taste")
    again = recorded_with(oracle.url, "--misses")
    assert again.exit_code == 0
    assert f"{len(told)} of {run.served} calls to record" in again.output
    assert f"judge:es {len(told)}" in again.output
    assert "prompt judge: " in again.output
    assert oracle.calls == len(told)
    assert replay(judging_suite.bench()).unplayed == 0
    (judging_suite.root / "prompts/judge.md").unlink()
    assert recorded_with(oracle.url, "--misses").exit_code == 0
    assert judging_suite.bytes() == before
    assert oracle.calls == len(told)


def test_the_judge_changes_no_exit_code(judging_suite: Made, tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    assert aplomo("run", "mini", "--json", str(saved)).exit_code == 0
    data = json.loads(saved.read_text(encoding="utf-8"))
    problem = {"quote": "Muchas gracias", "problem": "too warm"}
    drafted = [one for one in data["results"] if one["judgement"]]
    for one in drafted:
        one["judgement"] = {"verdict": "not_ready", "problems": [problem], "reason": None}
    saved.write_text(json.dumps(data), encoding="utf-8")
    diff = aplomo("diff", "mini", "--run", str(saved))
    assert diff.exit_code == 0, diff.output
    assert f"0 of {len(drafted)} drafts it decides" in diff.output
    shown = aplomo("judge", "mini", "--run", str(saved))
    assert shown.exit_code == 0, shown.output
    assert "“Muchas gracias”: too warm" in shown.output
    page = tmp_path / "r.html"
    assert aplomo("report", "mini", "--run", str(saved), "--html", str(page)).exit_code == 0
    assert "too warm" in page.read_text(encoding="utf-8")


def test_a_judgement_without_a_recording_fails_nothing(judging_suite: Made) -> None:
    judging_suite.edit("prompts/judge.md", "Matters of taste", "Questions of taste")
    run = aplomo("run", "mini")
    assert run.exit_code == 0, run.output
    assert "drafts are not judged, which fails nothing" in run.output
    assert aplomo("diff", "mini").exit_code == 0


def test_a_judge_counts_in_no_budget(judging_suite: Made) -> None:
    results = replay(judging_suite.bench()).results
    calls = sum(len(one.deciding) for one in results)
    assert calls < sum(len(one.calls) for one in results)
    budget = f"[evals.gate]\ncalls = {calls / len(results) + 0.001}\n"
    (judging_suite.root / "aplomo.toml").write_text(budget, encoding="utf-8")
    assert aplomo("diff", "mini").exit_code == 0


def test_a_suite_without_a_judge_says_how_to_get_one(recorded: Made) -> None:
    told = aplomo("judge", "mini")
    assert isinstance(told.exception, UsageError)
    assert "judge: true" in (told.exception.hint or "")


def test_a_draft_in_use_asks_no_judge() -> None:
    with ScriptedModel(DRAFTED) as model:  # a third call would fail
        Drafter(protocol=loads(PROTOCOL), model=model).draft(
            Comment(text="Me encanta vuestro café", lang="es")
        )
    purposes = [request.purpose for request in model.requests]
    assert purposes == ["answer:1", "draft:es"]


def test_a_judge_without_drafts_is_refused(made: Made) -> None:
    cases = made.root / "evals/mini/cases.yaml"
    text = cases.read_text(encoding="utf-8")
    cases.write_text(text.replace("suite: mini", "suite: mini\njudge: true\ndrafting: false"))
    assert "a judge needs drafts" in str(aplomo("run", "mini").exception)
