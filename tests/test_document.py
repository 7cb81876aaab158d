import math

import pytest
from inline_snapshot import snapshot
from pydantic import BaseModel, ConfigDict

from aplomo.document import Document
from aplomo.errors import DocumentError


def parse(text: str) -> Document:
    return Document.parse(text, name="d.yaml", kind="document")


def refused(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    return str(problem)


def test_words_stay_words() -> None:
    text = "{yes: no, on: off, y: n, day: 2026-01-02, time: 12:30, merge: <<, value: =, t: TRUE, f: false}"
    assert parse(text).data == {
        "yes": "no",
        "on": "off",
        "y": "n",
        "day": "2026-01-02",
        "time": 750,  # YAML 1.1 counts in sixties; a schema that wants text then asks for quotes
        "merge": "<<",
        "value": "=",
        "t": True,
        "f": False,
    }


def test_numbers_and_nothing() -> None:
    assert parse("[1, 0x1F, 1_000, 1.5, -2e3, ~, null, '1']").data == [
        1,
        31,
        1000,
        1.5,
        "-2e3",
        None,
        None,
        "1",
    ]
    assert math.isnan(parse(".nan").data)


def test_every_value_knows_its_line() -> None:
    document = parse("a:\n  - x\n  - b: 1\n\nc: {d: 2,\n  e: 3}\n")
    assert document.line(("a",)) == 1
    assert document.line(("a", 1, "b")) == 3
    assert document.line(("c", "e")) == 6
    assert document.line(("c", "missing", "deeper")) == 5
    assert document.line(("missing",)) == 1


def test_a_repeated_key_keeps_the_first_and_is_noted() -> None:
    document = parse("a: 1\nb: 2\na: 3\n")
    assert document.data == {"a": 1, "b": 2}
    assert [str(problem) for problem in document.duplicates] == snapshot(
        ["d.yaml:3: duplicate id or key 'a' (first written in line 1)"]
    )


def test_aliases_are_values_like_others() -> None:
    assert parse("a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "a: [",
            snapshot("d.yaml:2: not valid YAML: did not find expected node content"),
            id="open bracket",
        ),
        pytest.param(
            "a:\n\tb: 1",
            snapshot("d.yaml:2: not valid YAML: found character that cannot start any token"),
            id="tab",
        ),
        pytest.param(
            "a: 1\n---\nb: 2\n",
            snapshot("d.yaml:2: not valid YAML: but found another document"),
            id="two documents",
        ),
        pytest.param(
            "a: \x00",
            snapshot(
                'd.yaml:1: not valid YAML: unacceptable character #x0000: control characters are not allowed in "<unicode string>", position 3'
            ),
            id="control character",
        ),
        pytest.param(
            "a: \ud800",
            snapshot("d.yaml:1: not valid YAML: holds a character that is not text"),
            id="surrogate",
        ),
        pytest.param(
            "x: 1\na: !foo 1",
            snapshot("d.yaml:2: not valid YAML: the tag !foo is not allowed"),
            id="own tag",
        ),
        pytest.param(
            "a: !!python/object/apply:os.getcwd []",
            snapshot(
                "d.yaml:1: not valid YAML: the tag tag:yaml.org,2002:python/object/apply:os.getcwd is not allowed"
            ),
            id="python tag",
        ),
        pytest.param(
            "a: !!binary aGk=",
            snapshot("d.yaml:1: not valid YAML: the tag tag:yaml.org,2002:binary is not allowed"),
            id="binary",
        ),
        pytest.param(
            "a: !!int '&a [*a]'", snapshot("d.yaml:1: not valid YAML: not a number"), id="no number"
        ),
        pytest.param(
            "a: " + "9" * 5000,
            snapshot("d.yaml:1: not valid YAML: not a number"),
            id="endless number",
        ),
        pytest.param(
            "a: 1\n? [b]\n: 1",
            snapshot("d.yaml:2: not valid YAML: a key must be a word"),
            id="list as key",
        ),
        pytest.param(
            "a: *b", snapshot("d.yaml:1: not valid YAML: found undefined alias"), id="unknown alias"
        ),
        pytest.param(
            "a: &a [*a]",
            snapshot("d.yaml:1: not valid YAML: an alias inside its own anchor"),
            id="alias loop",
        ),
        pytest.param(
            BOMB,
            snapshot("d.yaml:1: not valid YAML: more than 200000 values, counting aliases"),
            id="alias bomb",
        ),
        pytest.param(
            "[" * 100_000,
            snapshot("d.yaml:1: not valid YAML: nested too deeply"),
            id="tower of lists",
        ),
        pytest.param(
            "{a: " * 100_000,
            snapshot("d.yaml:1: not valid YAML: nested too deeply"),
            id="tower of mappings",
        ),
        pytest.param(
            "- " * 100_000,
            snapshot("d.yaml:1: not valid YAML: nested too deeply"),
            id="tower of blocks",
        ),
    ],
)
def test_what_is_not_plain_yaml_is_refused(text: str, problem: str) -> None:
    assert refused(text) == problem


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    count: int = 0
    label: str = "x"


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    inner: Inner = Inner()
    many: dict[str, list[Inner]] = {}


def test_pydantic_errors_speak_to_the_author() -> None:
    from pydantic import ValidationError

    document = parse(
        """\
nmae: x
inner:
  count: many
  label: 5
many:
  a:
    - {cuont: 1, label: }
  b: 3
"""
    )
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(document.data)
    assert [str(problem) for problem in document.problems(caught.value, model=Outer)] == snapshot(
        [
            "d.yaml:1: name is missing",
            "d.yaml:3: inner.count should be a whole number",
            "d.yaml:4: inner.label should be text (write it in quotes)",
            "d.yaml:7: many.a.0.label is empty",
            "d.yaml:7: many.a.0.cuont is not a known key (did you mean 'count'?)",
            "d.yaml:8: many.b should be a list",
            "d.yaml:1: nmae is not a known key (did you mean 'name'?)",
        ]
    )
    (first, *_) = document.problems(caught.value, at=("top",))
    assert str(first) == snapshot("d.yaml:1: top.name is missing")
