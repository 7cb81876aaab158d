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
    from aplomo.embed.drafter import Drafter
    from aplomo.evals.cases import Case
    from aplomo.evals.measure import Measured

__all__ = ["calibrate"]


@click.command()
@click.argument("cases", type=click.Path(path_type=Path))
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
@click.option("--most", type=click.IntRange(2), help="At most so many cases of each split.")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of calibrations; the file is PROTOCOL/MODEL.json in it.",
)
def calibrate(
    cases: Path,
    unsure: float,
    costs: tuple[str, ...],
    only: tuple[int, ...],
    no_score: bool,
    most: int | None,
    output: Path,
    **chosen: str | None,
) -> None:
    """Fit every question's curve on the calibration split of CASES; report on the test split."""
    from tqdm import tqdm

    from aplomo.embed.drafter import Drafter
    from aplomo.evals.cases import load_cases
    from aplomo.evals.fit import calibration_data
    from aplomo.workspace import Workspace

    kinds = ("calibration",) if no_score else ("calibration", "test")
    labelled = [case for case in load_cases(cases) if case.split in kinds]
    workspace = Workspace.find()
    settings = workspace.model_settings(model=chosen["model"], base_url=chosen["base_url"])
    drafter = Drafter(workspace=workspace, protocol=chosen["protocol"], model=settings)
    kit = drafter.kit
    asked = {q.round for q in kit.protocol.questions.values() if "model" in q.ask}
    rule = _Rule(unsure=unsure, most=most, costs=_costs(costs, kit.protocol.questions))
    place = output / kit.protocol.id / f"{drafter.model.name}.json"
    rounds = _kept(place) if only else {}
    try:
        with tqdm(total=0, unit="case", disable=not sys.stderr.isatty()) as bar:
            states = _states(drafter, labelled, bar)
            for number in sorted(asked & set(only) if only else asked):
                if (fitted := _fitted(drafter, number, labelled, states, rule, bar)) is not None:
                    rounds[str(number)] = fitted
    finally:
        drafter.close()
    made = "aplomo " + shlex.join(sys.argv[1:])
    data = calibration_data(drafter.model.name, made, kit.protocol.id, dict(sorted(rounds.items())))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    click.echo(f"wrote {place}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """How many cases of a split are asked, and how thresholds are set.

    `unsure` is the share that may go to a person; `costs` are by question id.
    """

    most: int | None
    unsure: float
    costs: "Mapping[str, tuple[float, float, float]]"


def _costs(
    given: tuple[str, ...], questions: "Mapping[str, object]"
) -> dict[str, tuple[float, float, float]]:
    costs: dict[str, tuple[float, float, float]] = {}
    for item in given:
        name, _, written = item.partition("=")
        try:
            miss, alarm, person = (float(part) for part in written.split(":"))
        except ValueError:
            hint = "like --cost threat=50:1:1"
            raise UsageError(f"--cost {item!r} is not QUESTION=a:b:c", hint=hint) from None
        if name not in questions:
            raise UsageError(f"--cost names no question of the protocol: '{name}'")
        costs[name] = (miss, alarm, person)
    return costs


def _kept(place: Path) -> dict[str, Any]:
    """The rounds that the file has already."""
    try:
        return dict(json.loads(place.read_text(encoding="utf-8"))["rounds"])
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise ConfigError("is no calibration", where=str(place), hint="fit all rounds") from None


def _states(
    drafter: "Drafter", cases: "Sequence[Case]", bar: Any
) -> "Mapping[str, tuple[float, ...]]":
    """The model's state after each case, by case id: reading is quick, so all are read."""
    from aplomo.evals.measure import read

    assert drafter.kit.rounds is not None
    bar.total += len(cases)
    states: dict[str, tuple[float, ...]] = {}
    for case, state in read(cases, drafter.kit.rounds.round(1), drafter.model, drafter.policy):
        states[case.id] = state
        bar.update()
    return states


def _fitted(
    drafter: "Drafter",
    number: int,
    cases: "Sequence[Case]",
    states: "Mapping[str, tuple[float, ...]]",
    rule: _Rule,
    bar: Any,
) -> dict[str, Any] | None:
    """One round, asked of the cases that label a question of it; None when none does."""
    from aplomo.evals.fit import fit, round_data, score
    from aplomo.evals.measure import Measured, measure, of_round, sample

    assert drafter.kit.rounds is not None
    round_ = drafter.kit.rounds.round(number)
    names = [question.id for question in round_.questions]
    asked = sample(of_round(cases, names, first=number == 1), rule.most)
    if not asked:
        return None
    bar.total += len(asked)
    logits: dict[str, Mapping[str, float]] = {}
    for case, given in measure(asked, round_, drafter.model, drafter.policy):
        logits[case.id] = given
        bar.update()
    done = [
        Measured(case=case, logits=logits.get(case.id, {}), state=states.get(case.id, ()))
        for case in cases
    ]
    if not any(one.logits for one in done):
        raise UsageError("this server gives no log-probabilities: there is nothing to calibrate")
    by_split = {
        split: [one for one in done if one.case.split == split] for split in ("calibration", "test")
    }
    curves = {
        name: fit(
            by_split["calibration"], name, unsure_share=rule.unsure, costs=rule.costs.get(name)
        )
        for name in names
    }
    scores = {
        name: found for name in names if (found := score(by_split["test"], name, curves[name]))
    }
    if by_split["test"]:
        click.echo(_table(by_split["test"], curves))
    return round_data(round_, curves, scores)


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
            lines.append(
                f"{name if lang == 'all' else '':<20}{lang:<8}{counts:>9}{found.auc:>8.3f}"
                f"{found.balanced_accuracy:>9.3f}{found.unsure:>8.2f}"
            )
    return "\n".join(lines)
