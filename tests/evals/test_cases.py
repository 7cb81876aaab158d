import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from rapidfuzz import fuzz, process

from aplomo.comment import Comment
from aplomo.errors import DocumentError
from aplomo.evals.case_shape import cases_schema
from aplomo.evals.cases import (
    Case,
    Suite,
    check_against,
    load_cases,
    load_instructions,
    load_suite,
)
from aplomo.language import detect
from aplomo.protocol.load import load
from aplomo.protocol.model import Protocol

ROOT = Path(__file__).parents[2]
SUITES = ("core", "drafts", "hostile")
CORE = load_cases(ROOT / "evals/core/cases.yaml")
FITTED = load_cases(*(ROOT / "evals/fitting").glob("comments.*.yaml"))
SHARED = (
    "positive",
    "service_failure",
    "offensive",
    "smear",
    "wrong_facts",
    "wake_up_call",
    "mixed",
)
SAFETY = (
    "self_harm",
    "threat",
    "product_safety",
    "legal",
    "press_or_authority",
    "personal_data",
    "vulnerable_author",
)
HEAD = "format: aplomo.cases/1\nsuite: s\ncases:\n"


def protocols() -> list[Protocol]:
    return [load(path) for path in sorted((ROOT / "protocols").glob("*.yaml"))]


def cases_of(text: str, folder: Path) -> tuple[Case, ...]:
    place = folder / "cases.yaml"
    place.write_text(text, encoding="utf-8")
    return load_cases(place)


def refusal(text: str, folder: Path) -> list[tuple[int, str]]:
    with pytest.raises(DocumentError) as caught:
        cases_of(text, folder)
    return [(problem.line, problem.message) for problem in caught.value.problems]


def test_the_shipped_schema_is_up_to_date() -> None:
    """When this fails, write `json.dumps(schema, ensure_ascii=False, indent=2)` and a newline."""
    shipped = (ROOT / "evals/cases.schema.json").read_text(encoding="utf-8")
    assert shipped == json.dumps(cases_schema(), ensure_ascii=False, indent=2) + "\n"


def test_every_problem_is_told_at_once_in_its_line(tmp_path: Path) -> None:
    text = HEAD + (
        '  - {id: a, split: test, comment: {text: ""}}\n'
        "  - {id: a, split: test, comment: {text: b, colour: red}}\n"
        "  - {id: c, splt: test, comment: {text: b}}\n"
        "  - {id: d, split: test, comment: {text: b}, checks: [spelling]}\n"
    )
    found = refusal(text, tmp_path)
    assert [line for line, _ in found] == [4, 5, 5, 6, 6, 7]
    told = "\n".join(message for _, message in found)
    for word in ("no visible text", "colour", "duplicate id 'a'", "splt", "split", "spelling"):
        assert word in told


def test_a_case_says_everything_and_where_it_is_written(tmp_path: Path) -> None:
    (case,) = cases_of(
        HEAD.replace("cases:", "provenance: invented\ncases:")
        + "  - {id: a, split: few_shot, must_pass: true, tags: [x], comment: {text: b, meta: {k: v}},\n"
        "     answers: {positive: yes}, outcomes: {basic-guide: thank}, checks: [ready, links]}\n",
        tmp_path,
    )
    assert (case.line, case.provenance, case.must_pass) == (5, "invented", True)
    assert (case.answers, case.outcomes) == ({"positive": "yes"}, {"basic-guide": "thank"})
    assert case.checks == ("ready", "links")
    assert case.comment.meta == {"k": "v"}


def test_labels_that_name_nothing_are_refused(tmp_path: Path) -> None:
    cases = cases_of(
        HEAD + "  - {id: a, split: test, comment: {text: b}, answers: {postive: yes},\n"
        "     outcomes: {basic-guide: thanks, other: thank}}\n",
        tmp_path,
    )
    with pytest.raises(DocumentError) as caught:
        check_against(cases, [load(ROOT / "protocols/basic-guide.yaml")])
    told = str(caught.value)
    for word in ("'postive'", "did you mean 'positive'", "outcome 'thanks'", "no protocol 'other'"):
        assert word in told


def test_files_read_together_have_no_id_in_common(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    case = "  - {id: a, split: test, comment: {text: hola}, answers: {}}\n"
    first.write_text(HEAD + case, encoding="utf-8")
    second.write_text(HEAD + case.replace("id: a", "id: b"), encoding="utf-8")
    assert [case.id for case in load_cases(first, second)] == ["a", "b"]
    second.write_text(HEAD + case.replace("id: a", "id: b") + case, encoding="utf-8")
    with pytest.raises(DocumentError, match="duplicate id 'a'") as caught:
        load_cases(first, second)
    [problem] = caught.value.problems
    assert (problem.file, problem.line) == (str(second), 5)
    assert str(first) in str(problem.hint)


@pytest.mark.parametrize("name", SUITES)
def test_the_shipped_labels_name_what_exists(name: str) -> None:
    suite = load_suite(ROOT / f"evals/{name}/cases.yaml")
    known = protocols()
    assert suite.name == name
    assert set(suite.protocols) <= {protocol.id for protocol in known}
    check_against(suite.cases, known)
    assert {case.provenance for case in suite.cases} == {"invented"}


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("split", ["calibration", "test"])
def test_every_question_is_labelled_both_ways(lang: str, split: str) -> None:
    few = {
        name: counts
        for name, least in [*dict.fromkeys(SHARED, 5).items(), *dict.fromkeys(SAFETY, 4).items()]
        if min((counts := _labels(name, lang, split))["yes"], counts["no"]) < least
    }
    assert few == {}


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("name", SAFETY)
def test_safety_has_nine_of_each_in_each_language(lang: str, name: str) -> None:
    counts = _labels(name, lang, "calibration") + _labels(name, lang, "test")
    assert min(counts["yes"], counts["no"]) >= 9


def test_every_outcome_is_expected_of_some_case() -> None:
    for protocol in protocols():
        expected = {case.outcomes.get(protocol.id) for case in CORE} - {None}
        if expected:  # only a verdict of unsure leads to the other two
            assert set(protocol.outcomes) - expected <= {"human_review", "safety_review"}


def test_enough_cases_and_enough_that_must_pass() -> None:
    suites = {name: load_cases(ROOT / f"evals/{name}/cases.yaml") for name in SUITES}
    assert len(suites["core"]) >= 400
    assert len(suites["drafts"]) >= 60
    assert len(suites["hostile"]) >= 80
    assert sum(case.must_pass for case in suites["core"]) >= 40
    assert sum(case.must_pass for case in suites["drafts"]) >= 12
    assert all("ready" in case.checks and case.outcomes for case in suites["drafts"])


def test_what_is_only_fitted_scores_nothing() -> None:
    assert {case.split for case in FITTED} == {"calibration"}
    assert not {case.id for case in CORE} & {case.id for case in FITTED}
    assert not any(case.outcomes for case in FITTED)
    check_against(FITTED, protocols())
    assert {case.provenance for case in FITTED} == {"invented"}


def test_no_case_is_nearly_another_or_a_worked_example() -> None:
    texts = {case.id: case.comment.text.lower() for case in CORE if len(case.comment.text) > 12}
    others = {case.id: case.comment.text.lower() for case in FITTED} | texts
    alike: Any = process.cdist(texts.values(), others.values(), scorer=fuzz.ratio, score_cutoff=85)
    ids, every = list(texts), list(others)
    hits: list[tuple[int, int]] = [*zip(*alike.nonzero(), strict=True)]
    assert [(ids[i], every[j]) for i, j in hits if ids[i] != every[j]] == []
    for protocol in protocols():
        for question in protocol.questions.values():
            for example in (*question.yes_examples, *question.no_examples):
                near = process.extractOne(
                    example.text.lower(), texts, scorer=fuzz.ratio, score_cutoff=85
                )
                assert near is None, (protocol.id, question.id, near)


def test_the_languages_are_plausible() -> None:
    """Short, slangy and mixed posts deceive a detector; most posts do not."""
    told = [
        (case.comment.lang, detect(case.comment.text, ("es", "en")))
        for case in (*CORE, *FITTED)
        if len(case.comment.text) > 40 and "mixed_language" not in case.tags
    ]
    wrong = [pair for pair in told if pair[1] not in (None, pair[0])]
    assert len(wrong) <= 0.03 * len(told)


def test_the_instructions_are_sixty_in_six_languages(tmp_path: Path) -> None:
    place = ROOT / "evals/hostile/instructions.yaml"
    instructions = load_instructions(place)
    assert Counter(one.lang for one in instructions) == dict.fromkeys(
        ("es", "en", "fr", "de", "pt", "zh"), 10
    )
    assert len({one.text for one in instructions}) == 60
    wrong = tmp_path / "instructions.yaml"
    wrong.write_text("- {id: a, lang: es, text: t}\n- {id: a, lang: esp, note: t}\n")
    with pytest.raises(DocumentError) as caught:
        load_instructions(wrong)
    assert {problem.line for problem in caught.value.problems} == {2}


def test_no_instruction_that_measures_was_nearly_fitted() -> None:
    measures = [one.text for one in load_instructions(ROOT / "evals/hostile/instructions.yaml")]
    fitted = [one.text for one in load_instructions(ROOT / "evals/fitting/instructions.yaml")]
    assert len(fitted) >= 250
    alike = process.cdist(measures, fitted, scorer=fuzz.ratio, score_cutoff=75)
    assert not alike.any()


def test_other_yaml_readers_see_the_same_labels() -> None:
    """`yes` and `no` are quoted, so that YAML 1.1 does not make them true and false."""
    data = yaml.safe_load((ROOT / "evals/core/cases.yaml").read_text(encoding="utf-8"))
    assert [entry["answers"] for entry in data["cases"]] == [dict(case.answers) for case in CORE]
    assert all(first.line < second.line for first, second in pairwise(CORE))


def _labels(question: str, lang: str, split: str) -> Counter[str]:
    return Counter(
        case.answers[question]
        for case in CORE
        if question in case.answers and case.comment.lang == lang and case.split == split
    )


def test_a_suite_plays_its_splits_and_of_many_cases_the_sure_ones_and_an_even_few() -> None:
    def case(number: int, **parts: Any) -> Case:
        comment = Comment(text=f"text {number}")
        given: dict[str, Any] = {"split": "test", **parts}
        return Case(id=f"c{number}", comment=comment, answers={}, **given)

    cases = (*(case(n, must_pass=n == 7) for n in range(10)), case(10, split="few_shot"))
    whole = Suite(name="s", protocols=("p",), cases=cases)
    assert [c.id for c in whole.played] == [f"c{n}" for n in range(10)]
    assert [c.id for c in replace(whole, most=4).played] == ["c0", "c3", "c6", "c7"]
    assert replace(whole, splits=("calibration",)).played == ()
