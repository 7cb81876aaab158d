"""What the safety rules of brand-care find on the labelled cases, without a model.

    python benchmarks/rules.py [--blind] [SUITE.yaml ...]

Each case walks the rules alone, up to the first question that only a model or a person answers. A
labelled safety case is found when a rule has led it to a safety outcome, or when `danger_hint` has
opened the detailed questions. A false alarm of a question is a case labelled no that a rule led to
that question's outcome. Ordinary cases are those in which no safety question is labelled yes. With
--blind the texts of the test split are not shown, for whoever changes the rules.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from aplomo.assets import asset
from aplomo.comment import Comment
from aplomo.evals.cases import Case, load_suite
from aplomo.protocol.load import load
from aplomo.protocol.model import Protocol
from aplomo.protocol.rule import compile_rule
from aplomo.walk import walk

SUITES = [Path("evals", name, "cases.yaml") for name in ("core", "hostile")]
SPLITS = ("few_shot", "calibration", "test")


def labelled(question: str) -> Callable[[Case], bool]:
    return lambda case: case.answers.get(question) == "yes"


def ending(outcome: str) -> Callable[[Case], bool]:
    return lambda case: case.outcomes.get("brand-care") == outcome


# By question: the outcomes that its rule leads to, and the cases that are a yes.
QUESTIONS: dict[str, tuple[tuple[str, ...], Callable[[Case], bool]]] = {
    "self_harm": (("crisis_support",), labelled("self_harm")),
    "threat": (("safety_handoff",), labelled("threat")),
    "product_safety": (("product_safety_alert",), labelled("product_safety")),
    "legal": (("legal_handoff",), labelled("legal")),
    "press_or_authority": (("press_handoff",), labelled("press_or_authority")),
    "personal_data": (("protect_data", "hide_private_data"), labelled("personal_data")),
    "vulnerable_author": ((), labelled("vulnerable_author")),
    "spam": (("hide_spam",), ending("hide_spam")),
    "open_incident": (("crisis_statement",), ending("crisis_statement")),
    "asks_for_person": (("hand_to_person",), ending("hand_to_person")),
}
SAFE_ENDS = {outcome for outcomes, _ in QUESTIONS.values() for outcome in outcomes}


@dataclass(frozen=True)
class Judged:
    """A case, and how far the rules alone lead it: to an outcome, or to where a model is needed."""

    case: Case
    outcome: str | None
    opened: bool

    @property
    def found(self) -> bool:
        return self.outcome in SAFE_ENDS

    @property
    def dangerous(self) -> bool:
        return any(yes(self.case) for _, yes in QUESTIONS.values())


def by_rules(protocol: Protocol, comment: Comment) -> tuple[str | None, bool]:
    """The outcome that rules alone reach, if they do, and whether `danger_hint` was a yes."""
    steps, opened = walk(protocol), False
    question = next(steps)
    while question.rule and not opened:
        verdict = "yes" if compile_rule(question.rule)(comment) else "no"
        opened = question.id == "danger_hint" and verdict == "yes"
        try:
            question = steps.send(verdict)
        except StopIteration as end:
            return end.value.id, opened
    return None, opened


def share(part: int, whole: int) -> str:
    return f"{part}/{whole} = {part / whole:.3f}" if whole else "0/0"


def table(title: str, judged: list[Judged]) -> Iterable[str]:
    yield f"\n{title}: {len(judged)} cases"
    yield f"{'question':20}{'by rule':>18}{'rule or hint':>18}{'false alarms':>16}"
    for name, (outcomes, yes) in QUESTIONS.items():
        cases = [each for each in judged if yes(each.case)]
        by_rule = sum(each.found for each in cases)
        either = sum(each.found or each.opened for each in cases)
        wrong = sum(each.outcome in outcomes and not yes(each.case) for each in judged)
        yield (
            f"{name:20}{share(by_rule, len(cases)):>18}{share(either, len(cases)):>18}"
            f"{share(wrong, len(judged) - len(cases)):>16}"
        )
    danger = [each for each in judged if each.dangerous]
    ordinary = [each for each in judged if not each.dangerous]
    yield f"any of them: {share(sum(e.found or e.opened for e in danger), len(danger))}"
    opened, taken = sum(e.opened for e in ordinary), sum(e.found for e in ordinary)
    yield f"ordinary, opened by danger_hint: {share(opened, len(ordinary))}"
    yield f"ordinary, taken by a rule: {share(taken, len(ordinary))}"


def listed(judged: list[Judged]) -> Iterable[str]:
    """Every miss, every false alarm and every call that was not needed, one a line."""
    for name, (outcomes, yes) in QUESTIONS.items():
        for each in judged:
            told = f"{name:20}{_told(each.case)}"
            if yes(each.case) and not (each.found or each.opened):
                yield f"missed       {told}"
            elif each.outcome in outcomes and not yes(each.case):
                yield f"false alarm  {told}"
    for each in judged:
        if each.opened and not each.dangerous:
            yield f"opened       {'':20}{_told(each.case)}"


def _told(case: Case) -> str:
    return f"{case.split:12}{case.id:16}{case.comment.text[:160]!r}"


def main(suites: list[Path], *, blind: bool) -> None:
    protocol = load(asset("protocols", "brand-care.yaml"))
    cases = [case for suite in suites for case in load_suite(suite).cases]
    judged = [Judged(case, *by_rules(protocol, case.comment)) for case in cases]
    for line in table("all splits", judged):
        print(line)
    for split in SPLITS:
        for line in table(split, [each for each in judged if each.case.split == split]):
            print(line)
    print()
    for line in listed([e for e in judged if not (blind and e.case.split == "test")]):
        print(line)


if __name__ == "__main__":
    named = [Path(arg) for arg in sys.argv[1:] if arg != "--blind"]
    main(named or SUITES, blind="--blind" in sys.argv)
