import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from aplomo.assets import folder
from aplomo.errors import AplomoError, ConfigError, DocumentError
from aplomo.protocol.load import find_protocol, load, loads
from aplomo.protocol.model import Example
from random_protocols import protocol_data

SHIPPED = sorted(folder("protocols").glob("*.yaml"))

FULL = """\
format: aplomo.protocol/1
id: full-one
version: "2.1"
languages: [es, en]
title: {es: Todo, en: Everything}
source: a test
start: second
elements:
  apology:
    es: {means: una disculpa, phrases: ["disculp*", lo sentimos]}
    en: {means: an apology, phrases: [sorry]}
questions:
  first:
    text: {es: "  ¿Uno?  ", en: One?}
    yes: sorry
    no: quiet
  second:
    text: {es: ¿Dos?, en: Two?}
    ask: [rule, model, human]
    rule: text.matches("(?i)dos")
    examples:
      yes: {es: ["[[Dos]] veces", Otra], en: ["it is [[two]]"]}
      no: {en: [One]}
    yes: first
    no: first
    unsure: quiet
    round: 2
    source: "page 1"
outcomes:
  sorry:
    action: reply
    department: care
    level: L1
    deadline: PT2H
    title: {es: Perdón, en: Sorry}
    goal: {es: pedir perdón, en: apologise}
    must: [apology]
    facts: optional
    private: true
    template: {es: "Lo sentimos. {fact}", en: "Sorry. {fact}"}
    private_template: {es: "Escriba a {contact}", en: "Write to {contact}"}
    source: "page 2"
  quiet: {action: no_reply}
"""


def test_everything_written_is_in_the_protocol() -> None:
    protocol = loads(FULL)
    first, second = protocol.questions.values()
    sorry, quiet, review = protocol.outcomes.values()

    assert (protocol.id, protocol.version, protocol.languages) == ("full-one", "2.1", ("es", "en"))
    assert (protocol.start, protocol.source) == ("second", "a test")
    assert protocol.title == {"es": "Todo", "en": "Everything"}
    assert protocol.sha256 == hashlib.sha256(FULL.encode()).hexdigest()
    assert protocol.elements["apology"].means["en"] == "an apology"
    assert protocol.elements["apology"].phrases["es"] == ("disculp*", "lo sentimos")

    assert (first.ask, first.rule, first.round, first.unsure) == (("model",), None, 1, review.id)
    assert first.text["es"] == "¿Uno?"
    assert (second.ask, second.round) == (("rule", "model", "human"), 2)
    assert [second.target(verdict) for verdict in ("yes", "no", "unsure")] == [
        "first",
        "first",
        "quiet",
    ]
    assert second.yes_examples == (
        Example(text="Dos veces", lang="es", evidence="Dos"),
        Example(text="Otra", lang="es"),
        Example(text="it is two", lang="en", evidence="two"),
    )
    assert second.no_examples == (Example(text="One", lang="en"),)

    assert (sorry.action, sorry.department, sorry.level) == ("reply", "care", "L1")
    assert (sorry.deadline, sorry.must, sorry.facts, sorry.private) == (
        "PT2H",
        ("apology",),
        "optional",
        True,
    )
    assert sorry.private_template["es"] == "Escriba a {contact}"
    assert quiet.action == "no_reply"
    assert (review.id, review.action, review.level) == ("human_review", "escalate", "L1")


def test_a_rule_alone_is_asked_when_nothing_is_said() -> None:
    text = FULL.replace("    ask: [rule, model, human]\n", "")
    assert loads(text).questions["second"].ask == ("rule",)


def test_a_declared_human_review_replaces_the_built_in_one() -> None:
    own = "  human_review: {action: escalate, department: legal, level: L3}\n"
    review = loads(FULL + own).outcomes["human_review"]
    assert (review.department, review.level) == ("legal", "L3")


def test_a_question_asked_by_rule_alone_needs_no_text() -> None:
    text = FULL.replace("ask: [rule, model, human]", "ask: [rule]")
    assert (
        loads(text.replace("    text: {es: ¿Dos?, en: Two?}\n", "")).questions["second"].text == {}
    )


def test_mappings_cannot_be_written() -> None:
    protocol = loads(FULL)
    mappings: list[Any] = [
        protocol.questions,
        protocol.outcomes,
        protocol.elements,
        protocol.title,
        protocol.questions["first"].text,
        protocol.outcomes["sorry"].template,
        protocol.elements["apology"].phrases,
    ]
    for mapping in mappings:
        with pytest.raises(TypeError):
            mapping["x"] = "y"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_protocols_load(path: Path) -> None:
    assert load(path).id == path.stem


def test_there_are_shipped_protocols() -> None:
    assert SHIPPED


@given(protocol_data())
def test_every_valid_protocol_loads(data: dict[str, Any]) -> None:
    protocol = loads(json.dumps(data))
    assert list(protocol.questions) == list(data["questions"])
    for name, written in data["questions"].items():
        question = protocol.questions[name]
        unsure = written.get("unsure", "human_review")
        assert (question.yes, question.no, question.unsure) == (
            written["yes"],
            written["no"],
            unsure,
        )


def test_ten_thousand_questions_in_a_row() -> None:
    count = 10_000
    text = ["id: long", "languages: [es]", "outcomes: {end: {action: no_reply}}", "questions:"]
    text += [f"  q{i}: {{text: {{es: a}}, yes: q{i + 1}, no: end}}" for i in range(count - 1)]
    text.append(f"  q{count - 1}: {{text: {{es: a}}, yes: end, no: end}}")
    assert len(loads("\n".join(text)).questions) == count

    with pytest.raises(DocumentError) as caught:
        loads(
            "\n".join(text).replace(
                f"q{count - 1}: {{text: {{es: a}}, yes: end",
                f"q{count - 1}: {{text: {{es: a}}, yes: q0",
            )
        )
    (problem,) = caught.value.problems
    assert problem.message.startswith("cycle: q0 -> q1 -> ")
    assert len(problem.message) < 200


# Whatever the text, a protocol or a DocumentError comes out, never another exception.

words = st.sampled_from(
    ["id", "languages", "questions", "outcomes", "elements", "title", "start", "yes", "no", "unsure",
     "text", "rule", "ask", "examples", "action", "goal", "template", "es", "en", "reply", "a", ""]
)  # fmt: skip
scalars = words | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=6),
    max_leaves=30,
)


def accepts_or_refuses(text: str) -> None:
    try:
        loads(text)
    except DocumentError as error:
        assert error.problems
        assert all(problem.line >= 1 and problem.message for problem in error.problems)


@given(st.text())
@example("\x00")
@example("\ud800")
@example("? [a]\n: b")
@example("a: &a [*a]")
def test_random_text_is_refused(text: str) -> None:
    accepts_or_refuses(text)


@given(st.binary())
def test_random_bytes_are_refused(data: bytes) -> None:
    accepts_or_refuses(data.decode("latin-1"))
    accepts_or_refuses(data.decode("utf-8", errors="replace"))


@given(trees)
def test_random_data_is_refused(data: Any) -> None:
    accepts_or_refuses(yaml.safe_dump(data, allow_unicode=True))


@given(protocol_data(), st.data())
def test_a_valid_protocol_with_one_random_change(data: dict[str, Any], draw: st.DataObject) -> None:
    mapping = data
    key = draw.draw(st.sampled_from(sorted(mapping)))
    while isinstance(mapping[key], dict) and mapping[key] and draw.draw(st.booleans()):
        mapping = mapping[key]
        key = draw.draw(st.sampled_from(sorted(mapping)))
    mapping[key] = draw.draw(trees)
    accepts_or_refuses(yaml.safe_dump(data, allow_unicode=True))


# Finding one by name.


def test_a_protocol_is_found_by_path_or_id(tmp_path: Path) -> None:
    mine, shipped = tmp_path / "mine", tmp_path / "shipped"
    for folder_, name in ((mine, "a"), (shipped, "a"), (shipped, "b")):
        folder_.mkdir(exist_ok=True)
        (folder_ / f"{name}.yaml").write_text(FULL)
    folders = [mine, shipped, tmp_path / "absent"]
    assert find_protocol("a", folders) == mine / "a.yaml"
    assert find_protocol("b", folders) == shipped / "b.yaml"
    assert find_protocol(str(shipped / "a.yaml"), folders) == shipped / "a.yaml"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("basic", "no protocol 'basic'; available: basic-guide", "did you mean 'basic-guide'?"),
        ("zzz", "no protocol 'zzz'; available: basic-guide", "give a path or an id"),
        ("x/y.yaml", "x/y.yaml: protocol file not found", None),
        ("y.yml", "y.yml: protocol file not found", None),
    ],
)
def test_an_unknown_protocol(tmp_path: Path, name: str, message: str, hint: str | None) -> None:
    (tmp_path / "basic-guide.yaml").write_text(FULL)
    with pytest.raises(ConfigError) as caught:
        find_protocol(name, [tmp_path])
    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(AplomoError, match="not found"):
        load(tmp_path / "absent.yaml")
    with pytest.raises(AplomoError, match="cannot read"):
        load(tmp_path)
    (tmp_path / "latin.yaml").write_bytes("id: ñ".encode("latin-1"))
    with pytest.raises(AplomoError, match="not UTF-8"):
        load(tmp_path / "latin.yaml")
