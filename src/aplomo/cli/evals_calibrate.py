"""`aplomo evals calibrate`: fit and measure the confidence of every question."""

import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aplomo.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aplomo.answer.calibration import Curve
    from aplomo.cli.evals_source import Source
    from aplomo.evals.measure import Measured
    from aplomo.evals.thresholds import Costs

__all__ = ["calibrate"]


@click.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--replay", is_flag=True, help="Fit on the recordings of the suite CASES: no model.")
@click.option("--protocol", help="Protocol: an id or a file.")
@click.option("--model", help="Model name; 'embedded' is the default.")
@click.option("--base-url", help="Any OpenAI-compatible endpoint.")
@click.option(
    "--unsure",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0, 0.5),
    help="Share of the calibration cases that may go to a person, per question.",
)
@click.option(
    "--cost",
    "costs",
    multiple=True,
    metavar="QUESTION=MISS:ALARM:PERSON",
    help="What a missed yes, a false alarm and a person cost; sets the question's thresholds.",
)
@click.option(
    "--round",
    "only",
    multiple=True,
    type=click.IntRange(1),
    help="Fit this round alone and keep the file's others; repeatable.",
)
@click.option("--no-score", is_flag=True, help="Leave the test split unasked.")
@click.option(
    "--instructions",
    type=click.Path(path_type=Path),
    help="Instructions to the model: fits what tells a comment with one in it.",
)
@click.option("--most", type=click.IntRange(2), help="At most so many cases of each split.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of what the model has given; it is asked nothing twice. Made if need be.",
)
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of calibrations; the file is PROTOCOL/MODEL.json in it.",
)
def calibrate(**options: Any) -> None:
    """Fit every question's curve on the calibration split of CASES; report on the test split.

    CASES are files of labelled cases. With --replay, CASES is a suite, and the model's answers are
    those recorded.
    """
    from aplomo.answer.calibration import calibration_file
    from aplomo.cli.evals_source import of_model, of_recordings
    from aplomo.evals.fit import calibration_data
    from aplomo.evals.thresholds import read_costs

    only: tuple[int, ...] = options["only"]
    if options["replay"]:
        _refuse_for_replay(options)
    with (of_recordings if options["replay"] else of_model)(options) as source:
        protocol, model = source.drafter.kit.protocol, source.drafter.model.name
        rule = _Rule(
            unsure=options["unsure"], costs=read_costs(options["costs"], protocol.questions)
        )
        if unknown := sorted(set(only) - set(protocol.rounds)):
            hint = f"its rounds: {', '.join(map(str, protocol.rounds))}"
            raise UsageError(f"{protocol.id} has no round {unknown[0]}", hint=hint)
        place: Path = options["output"] / calibration_file(protocol.id, model)
        rounds = _kept(place) if only or options["replay"] else {}
        for number in protocol.rounds:
            fitted = _fitted(source, number, rule) if not only or number in only else None
            if fitted is not None:
                rounds[str(number)] = _with_instructions(rounds.get(str(number), {}), fitted)
    data = calibration_data(model, protocol.id, dict(sorted(rounds.items())))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    click.echo(f"wrote {place}")


def _refuse_for_replay(options: "Mapping[str, Any]") -> None:
    """Raise UsageError where an option says whom to ask, or how much: recordings are all there."""
    flags = {
        "model": "--model",
        "base_url": "--base-url",
        "most": "--most",
        "instructions": "--instructions",
        "keep": "--keep",
    }
    if given := [flag for name, flag in flags.items() if options[name] is not None]:
        raise UsageError(f"--replay asks no model: it takes no {', '.join(given)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """How thresholds are set: a share that may go to a person, or costs by question id."""

    unsure: float
    costs: "Mapping[str, Costs]"


def _kept(place: Path) -> dict[str, Any]:
    """The rounds that the file has already. Raises ConfigError when it is of another format."""
    from aplomo.answer.calibration import FORMAT

    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"its format is {data['format']!r}")
        return dict(data["rounds"])
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        hint = f"it is not {FORMAT}: take it away, and fit all rounds"
        raise ConfigError("is no calibration", where=str(place), hint=hint) from None


def _with_instructions(before: "Mapping[str, Any]", fitted: dict[str, Any]) -> dict[str, Any]:
    """The fitted round, with what it had under the same prompt where it has not got its own."""
    if "instructions" in before and before["prefix_sha256"] == fitted["prefix_sha256"]:
        return {"instructions": before["instructions"], **fitted}
    return fitted


def _fitted(source: "Source", number: int, rule: _Rule) -> dict[str, Any] | None:
    """One round, fitted; None when no case labels a question of it, or none was asked it."""
    from aplomo.evals.fit import fit, fit_instructions, read_alone, round_data, score

    rounds = source.drafter.kit.rounds
    assert rounds is not None
    round_, done = rounds.round(number), source.ask(number)
    if not done:
        return None
    if not any(one.logits or one.state for one in done):
        raise UsageError("this server gives no log-probabilities: there is nothing to calibrate")
    fitting = [one for one in done if one.case.split == "calibration"]
    test = [one for one in done if one.case.split == "test"]
    curves: dict[str, Curve] = {}
    probed = [question.id for question in source.drafter.kit.protocol.probed(number)]
    for name in dict.fromkeys((*(question.id for question in round_.questions), *probed)):
        cases = read_alone(fitting, name) if name in probed else fitting
        costs = rule.costs.get(name)
        try:
            curves[name] = fit(cases, name, unsure_share=rule.unsure, costs=costs)
        except ValueError:
            click.echo(f"{name}: not fitted, for want of cases labelled yes and no", err=True)
    scores = {name: found for name in curves if (found := score(test, name, curves[name]))}
    if test and curves:
        click.echo(_table(test, curves))
    plain = {one.case.id: one.state for one in fitting if one.state}
    told = source.told(number) if curves else None
    instructions = fit_instructions(plain, told) if told else None
    if source.instructed and instructions is None:
        click.echo("instructions: not fitted, for want of states to tell them by", err=True)
    made = "aplomo " + shlex.join(sys.argv[1:])
    return round_data(round_, made, curves, scores, instructions) if curves else None


def _table(test: "Sequence[Measured]", curves: "Mapping[str, Curve]") -> str:
    """Scores on the test split, all languages together and each apart."""
    from aplomo.evals.fit import score

    languages = sorted({one.case.comment.lang or "?" for one in test})
    lines = [f"{'question':<20}{'cases':<8}{'yes/no':>9}{'AUC':>8}{'bal.acc':>9}{'unsure':>8}"]
    for name, curve in curves.items():
        for lang in ("all", *languages):
            of_lang = [one for one in test if lang in ("all", one.case.comment.lang)]
            if (found := score(of_lang, name, curve)) is None:
                continue
            counts = f"{found.yes}/{found.no}"
            balanced = found.balanced_accuracy
            accuracy = "–" if balanced is None else f"{balanced:.3f}"
            lines.append(
                f"{name if lang == 'all' else '':<20}{lang:<8}{counts:>9}{found.auc:>8.3f}"
                f"{accuracy:>9}{found.unsure:>8.2f}"
            )
    return "\n".join(lines)
