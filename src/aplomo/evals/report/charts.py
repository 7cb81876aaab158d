"""The drawings of the page, as SVG that takes its colours from the page and scales to any width."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aplomo.evals.question_score import Bin, QuestionScore

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["calibration_chart", "confidence_bar", "roc_chart"]

SIDE = 200
LEFT, TOP, BOTTOM = 34, 10, 34


def roc_chart(score: QuestionScore) -> "Markup":
    """Hits against false alarms: the more of the square lies under the line, the better."""
    from markupsafe import Markup

    if not score.roc:
        both = score.labelled("yes") and score.labelled("no")
        why = "No log-odds came with the answers" if both else "One label alone"
        return Markup('<p class="none">{}: nothing to rank.</p>').format(why)
    line = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in score.roc)
    area = f"{_x(0):.1f},{_y(0):.1f} {line} {_x(1):.1f},{_y(0):.1f}"
    drawn = Markup(
        '<polygon class="area" points="{}"/><polyline class="line" points="{}"/>'
    ).format(area, line)
    title = f"{score.question}: ROC curve, AUC {score.auc or 0:.3f}"
    return _framed(title, drawn, "false alarms", "hits")


def calibration_chart(score: QuestionScore) -> "Markup":
    """What was said against what was: dots on the diagonal can be believed, by their size."""
    from markupsafe import Markup

    if not score.bins:
        return Markup('<p class="none">No probabilities came with the answers.</p>')
    most = max(one.cases for one in score.bins)
    line = " ".join(f"{_x(one.said):.1f},{_y(one.was):.1f}" for one in score.bins)
    dots = Markup("").join(_dot(one, most) for one in score.bins)
    drawn = Markup('<polyline class="line thin" points="{}"/>{}').format(line, dots)
    title = f"{score.question}: calibration, mean gap {score.gap or 0:.3f}"
    return _framed(title, drawn, "said", "was yes")


def confidence_bar(share: float, low: float, threshold: float | None) -> "Markup":
    """A share as a bar, with its lower bound as a whisker and the threshold as a mark."""
    from markupsafe import Markup

    mark = Markup("")
    if threshold is not None:
        mark = Markup('<line class="bound" x1="{0}" x2="{0}" y1="0" y2="12"/>').format(
            f"{100 * threshold:.2f}"
        )
    return Markup(
        '<svg class="bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="rail" width="100" height="12"/>'
        '<rect class="fill" width="{}" height="12"/>'
        '<line class="whisker" x1="{}" x2="{}" y1="6" y2="6"/>{}</svg>'
    ).format(f"{100 * share:.2f}", f"{100 * low:.2f}", f"{100 * share:.2f}", mark)


def _dot(one: Bin, most: int) -> "Markup":
    from markupsafe import Markup

    radius = 3 + 6 * (one.cases / most) ** 0.5
    return Markup(
        '<circle class="dot" cx="{}" cy="{}" r="{}">'
        "<title>{} cases: said {}, was {}</title></circle>"
    ).format(
        f"{_x(one.said):.1f}",
        f"{_y(one.was):.1f}",
        f"{radius:.1f}",
        one.cases,
        f"{one.said:.2f}",
        f"{one.was:.2f}",
    )


def _framed(title: str, drawn: "Markup", across: str, upwards: str) -> "Markup":
    from markupsafe import Markup

    ticks = Markup("").join(_ticks((0.0, 0.5, 1.0)))
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>'
        '<rect class="frame" x="{}" y="{}" width="{}" height="{}"/>{}'
        '<line class="diagonal" x1="{}" y1="{}" x2="{}" y2="{}"/>{}'
        '<text class="axis" x="{}" y="{}" text-anchor="middle">{}</text>'
        '<text class="axis" transform="translate(10 {}) rotate(-90)" text-anchor="middle">{}</text>'
        "</svg>"
    ).format(
        LEFT + SIDE + 12, TOP + SIDE + BOTTOM, title, title,
        LEFT, TOP, SIDE, SIDE, ticks,
        _x(0), _y(0), _x(1), _y(1), drawn,
        _x(0.5), TOP + SIDE + 29, across, _y(0.5), upwards,
    )  # fmt: skip


def _ticks(values: Sequence[float]) -> "list[Markup]":
    from markupsafe import Markup

    line = Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>')
    label = Markup(
        '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>'
        '<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>'
    )
    drawn: list[Markup] = []
    for value in values:
        drawn.append(line.format(_x(0), _x(1), _y(value), _y(value)))
        drawn.append(line.format(_x(value), _x(value), _y(0), _y(1)))
        drawn.append(
            label.format(
                _x(value), TOP + SIDE + 14, f"{value:g}", LEFT - 5, _y(value) + 3, f"{value:g}"
            )
        )
    return drawn


def _x(value: float) -> float:
    return LEFT + SIDE * value


def _y(value: float) -> float:
    return TOP + SIDE * (1 - value)
