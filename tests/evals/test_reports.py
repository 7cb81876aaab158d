import re
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from aplomo import Comment
from aplomo.evals.baseline import accept
from aplomo.evals.gate_settings import GateSettings
from aplomo.evals.report.junit import as_junit
from aplomo.evals.report.markdown import as_markdown
from aplomo.evals.report.page import as_page
from aplomo.evals.report.terminal import as_text
from aplomo.evals.review import Review, review
from aplomo.evals.snapshot import judged
from evals_made import answer, case, record, result, run

HOSTILE = '</style><script>alert(1)</script><img src="x"> "de diez" @todos | [a](http://b) `c`'
WRONG = record(
    "listen", action="no_reply", status="no_reply", text=None, answers={"positive": answer("no")}
)


def made(names: Sequence[str] = ("a", "b", "c"), *, baseline: bool = True) -> Review:
    """`a` keeps, `b` breaks, `c` is worded otherwise and quotes the hostile comment."""
    cases = [case(name, answers={"positive": "yes"}, must_pass=name == "b") for name in names]
    cases = [replace(c, comment=Comment(text=HOSTILE, lang="es")) for c in cases]
    before = [result(c.id) for c in cases]
    now = {"b": WRONG, "c": record(text="<b>¡Gracias!</b>\x1b[31m")}
    after = [result(c.id, now.get(c.id)) for c in cases]
    accepted = accept(run(*before), judged(cases, before)) if baseline else None
    return review(run(*after), cases, accepted, GateSettings(at_least={"outcome": 0.5}))


def test_the_page_runs_nothing_that_a_comment_brings() -> None:
    page = as_page([made()])
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("</style>") == 1
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page)
    assert "<mark>de diez</mark>" in page


def test_the_bounds_of_the_page_are_of_the_confidence_that_the_gate_has() -> None:
    given = made()
    page = as_page([replace(given, demands=GateSettings(confidence=0.5))])
    assert "lower end of their 50 % interval" in page
    assert page != as_page([given]).replace("their 95 %", "their 50 %"), "the bounds moved too"


def test_the_page_holds_both_sides_and_every_drawing() -> None:
    page = as_page([made()])
    assert "positive yes › thank" in page
    assert "positive no › listen" in page
    assert "gate failed" in page
    assert 'class="chart"' in page
    assert 'class="matrix"' in page
    assert 'class="stack"' in page


def test_a_page_of_several_runs_and_of_one_without_a_baseline() -> None:
    page = as_page([made(), made(baseline=False)])
    assert page.count("<section") == 2
    assert "There is no baseline" in page


@pytest.mark.parametrize("report", [as_page, as_markdown, as_junit])
def test_no_case_at_all_is_still_a_report(report: object) -> None:
    assert report([review(run(), [], None, GateSettings())])  # type: ignore[operator]


def test_markdown_is_only_text_where_a_comment_speaks() -> None:
    text = as_markdown([made()])
    quoted = next(line for line in text.splitlines() if line.startswith("> "))
    assert not re.search(r"(?<!\\)[<|`\[\]]", quoted[1:])
    assert "@todos" not in quoted
    assert "❌ core/small: gate FAILED" in text
    assert "outcome pass → fail" in text
    assert "\x1b" not in text


def test_junit_fails_what_the_gate_fails_and_nothing_else() -> None:
    [suite] = ET.fromstring(as_junit([made()]))
    failed = [one.get("name") for one in suite if one.find("failure") is not None]
    assert failed == ["b", "must_pass cases keep every verdict", "outcome at least 0.50"]
    assert suite.get("failures") == "3"
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert properties["outcome"] == "pass (expected thank, got thank)"


def test_the_terminal_shows_flips_and_obeys_nothing() -> None:
    text = as_text(made())
    assert "outcome: pass → fail" in text
    assert "- positive yes › thank" in text
    assert "+ positive no › listen" in text
    assert "\x1b" not in text
