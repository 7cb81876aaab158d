"""A review as one HTML page: no script, no network, light and dark, readable on a phone.

Comments are hostile: whatever is not drawn here goes through the template's escaping.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aplomo.comment import visible
from aplomo.evals.compare import Change
from aplomo.evals.report.charts import calibration_chart, confidence_bar, roc_chart
from aplomo.evals.report.words import (
    KIND_WORDS,
    answer_lines,
    counted,
    judge_words,
    percent,
    summary_rows,
    ways,
)
from aplomo.evals.review import Review
from aplomo.evals.statistics import wilson_lower

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["as_page"]

SHOWN = 8
"""Cards of one kind before the rest is folded, so that the figures below are found."""
_HERE = Path(__file__).parent


def as_page(reviews: Sequence[Review]) -> str:
    """The page that shows every review."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "visible": visible}
    helpers: dict[str, Any] = {
        "answer_lines": answer_lines,
        "calibration_chart": calibration_chart,
        "counted": counted,
        "judge_words": judge_words,
        "kinds": KIND_WORDS,
        "marked": _marked,
        "matrix": _matrix,
        "roc_chart": roc_chart,
        "shown": SHOWN,
        "shares": _shares,
        "summary_rows": summary_rows,
        "ways": ways,
    }
    environment.globals.update(helpers)
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    template = environment.get_template("page.html")
    return template.render(reviews=reviews, style=_safe(style))


def _safe(style: str) -> "Markup":
    from markupsafe import Markup

    return Markup(style)


def _shares(review: Review) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    confidence = review.demands.confidence
    for metric, share in review.scores.shares.items():
        low = wilson_lower(share.passed, share.cases, confidence)
        bar = confidence_bar(share.share, low, review.demands.at_least.get(metric))
        rows.append({"metric": metric, "share": share, "low": low, "bar": bar})
    return rows


def _matrix(review: Review) -> dict[str, Any]:
    """The outcome matrix: names, and for each cell its count and its share of the row."""
    pairs = review.scores.outcomes
    expected = sorted({pair[0] for pair in pairs})
    got = sorted({pair[1] for pair in pairs})
    columns = [name for name in expected if name in got] + [n for n in got if n not in expected]
    totals = {name: sum(n for (e, _), n in pairs.items() if e == name) for name in expected}
    rows = [
        {
            "name": name,
            "total": totals[name],
            "cells": [
                {
                    "got": column,
                    "count": pairs.get((name, column), 0),
                    "share": pairs.get((name, column), 0) / totals[name],
                    "right": column == name,
                }
                for column in columns
            ],
        }
        for name in expected
    ]
    return {"columns": columns, "rows": rows}


def _marked(change: Change) -> "Markup":
    """The comment, with what the answers of now quote from it marked."""
    from markupsafe import Markup, escape

    text = visible(change.case.comment.text) if change.case else ""
    answers = change.after.answers.values() if change.after else ()
    quotes = sorted({a.evidence for a in answers if a.evidence}, key=len, reverse=True)
    for quote in quotes:
        head, found, tail = text.partition(quote)
        if found:
            return Markup("{}<mark>{}</mark>{}").format(head, found, tail)
    return escape(text)
