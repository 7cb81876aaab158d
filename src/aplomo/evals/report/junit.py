"""A review as JUnit XML: a test case for every case, and one for every demand of the gate."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from aplomo.comment import visible
from aplomo.evals.gate import Finding
from aplomo.evals.report.words import way
from aplomo.evals.review import Review
from aplomo.evals.snapshot import Judged

__all__ = ["as_junit"]


def as_junit(reviews: Sequence[Review]) -> str:
    """One `testsuite` for each review; a labelled case that is not right is no failure by itself.

    Only what the gate rules fails: a small model is wrong in some cases, and a report that is
    always red tells nothing. What was found of each case stands in its properties.
    """
    root = Element("testsuites", name="aplomo evals")
    for review in reviews:
        _suite(SubElement(root, "testsuite"), review)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(suite: Element, review: Review) -> None:
    lost = {id_ for f in review.findings if f.ruling == "fails" for id_ in f.cases}
    for one in review.judged:
        _case(SubElement(suite, "testcase"), one, review.name, lost)
    for finding in review.findings:
        _demand(SubElement(suite, "testcase"), finding, review.name)
    suite.attrib |= {
        "name": review.name,
        "tests": str(len(suite)),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
        "timestamp": review.run.started,
        "time": f"{review.run.seconds:.3f}",
    }


def _case(element: Element, one: Judged, suite: str, lost: set[str]) -> None:
    element.attrib |= {
        "classname": suite,
        "name": one.case.id,
        "time": f"{one.result.seconds:.3f}",
    }
    properties = SubElement(element, "properties")
    told = {"way": way(one.snapshot), "state": one.snapshot.state}
    told |= {v.name: f"{v.state} (expected {v.expected}, got {v.got})" for v in one.verdicts}
    if one.result.judgement is not None:
        told["judge"] = one.result.judgement.verdict
    for name, value in told.items():
        SubElement(properties, "property", name=name, value=_text(value))
    if one.snapshot.error is not None:
        SubElement(element, "error", message=_text(one.snapshot.error))
    elif one.case.id in lost:
        wrong = [
            f"{v.name}: expected {v.expected}, got {v.got}"
            for v in one.verdicts
            if v.state != "pass"
        ]
        SubElement(element, "failure", message=_text("; ".join(wrong)))


def _demand(element: Element, finding: Finding, suite: str) -> None:
    element.attrib |= {"classname": f"{suite}.gate", "name": _text(finding.demand)}
    if finding.ruling != "holds":
        cases = ", ".join(finding.cases)
        failure = SubElement(
            element, "failure", message=_text(f"{finding.ruling}: {finding.detail}")
        )
        failure.text = _text(cases)


def _text(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(char for char in visible(text) if char not in "\ufffe\uffff")
