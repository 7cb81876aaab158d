"""What whole decisions come to under settings of `--cost`, on cases that are fitted, not scored.

    python benchmarks/costs.py KEPT [--protocol ID] [--unsure SHARE] [--search WORTH] [SETTING...]

KEPT is the file of `aplomo evals calibrate --keep`, which tells the states; no model is asked. A
SETTING is a list of QUESTION=MISS:ALARM:PERSON with commas, or "" for none. With --search, costs of
a miss are looked for, one question after another, for all that a probe answers: those with which
most outcomes are right, where a danger that reaches no person takes WORTH right outcomes away.

Every case walks the protocol twice: by its labels, which gives the outcome that is right, and by
what probes that have not seen it say of its state; rules are asked in both. What the model
would write is left out of it, and so are the questions that need facts, which count as unsure.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from aplomo.answer.calibration import Curve
from aplomo.answer.rule import by_rule
from aplomo.comment import Comment
from aplomo.embed.drafter import Drafter
from aplomo.errors import ModelRejected
from aplomo.evals.cases import Case, load_cases
from aplomo.evals.fit import STRENGTH
from aplomo.evals.kept import Kept
from aplomo.evals.measure import read
from aplomo.evals.probe import fit_probe
from aplomo.evals.thresholds import Costs, band, choose_thresholds, read_costs
from aplomo.llm.port import Request
from aplomo.llm.retry import RetryPolicy
from aplomo.protocol.model import Outcome, Protocol, Question, Verdict
from aplomo.walk import walk

CASES = (Path("evals/core/cases.yaml"), *sorted(Path("evals/fitting").glob("comments.*.yaml")))
States = Mapping[str, tuple[float, ...]]
MISSES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0)
PERSON = 9.0
"""What leaving a case to a person costs: so much that nearly none is left."""


@dataclass(frozen=True)
class Absent:
    """The model of that name, which is not there to be asked."""

    name: str
    host: str = ""

    def complete(self, request: Request, *, timeout: float) -> NoReturn:
        raise ModelRejected("not kept")

    async def acomplete(self, request: Request, *, timeout: float) -> NoReturn:
        raise ModelRejected("not kept")


@dataclass(frozen=True)
class Likely:
    """A question's probabilities of yes by case id, each of a probe that has not seen the case."""

    by_case: Mapping[str, float]
    labels: Mapping[str, bool]

    def thresholds(self, costs: Costs | None, unsure: float) -> tuple[float, float]:
        labelled = [self.by_case[name] for name in self.labels]
        if costs:
            return choose_thresholds(labelled, list(self.labels.values()), *costs)
        return band(labelled, unsure)


def states(
    kept: Path, protocol: str, cases: Sequence[Case]
) -> tuple[Protocol, dict[str, tuple[float, ...]]]:
    """The protocol, and the kept states by case id."""
    with closing(Drafter(protocol=protocol)) as drafter:
        kit, name = drafter.kit, drafter.model.name
    assert kit.rounds is not None
    found: dict[str, tuple[float, ...]] = {}
    with closing(Kept(Absent(name), kept)) as model:
        for case in cases:
            told = read([case], kit.rounds.round(1), model, RetryPolicy())
            found |= {one.id: state for one, state in told}
    return kit.protocol, found


def likely(question: str, cases: Sequence[Case], states: States) -> Likely | None:
    """None where too few cases are labelled for a probe."""
    from sklearn.linear_model import LogisticRegression

    labels = {c.id: c.answers[question] == "yes" for c in cases if question in c.answers}
    probe = fit_probe({name: states[name] for name in labels}, list(labels.values()))
    if probe is None:
        return None
    scores = dict(probe.held_out)
    for case in cases:
        if case.id not in scores:
            parts = zip(probe.weights, states[case.id], strict=True)
            scores[case.id] = sum(w * x for w, x in parts) + probe.intercept
    platt: Any = LogisticRegression(class_weight="balanced", C=STRENGTH)
    platt.fit([[scores[name]] for name in labels], list(labels.values()))
    given = platt.predict_proba([[score] for score in scores.values()])[:, 1]
    return Likely(dict(zip(scores, map(float, given), strict=True)), labels)


def ruled(comment: Comment) -> Callable[[Question], Verdict]:
    """What the rules say of `comment`, each evaluated once for all settings."""
    known: dict[str, Verdict] = {}

    def answer(question: Question) -> Verdict:
        if question.id not in known:
            known[question.id] = by_rule(question, comment).answer
        return known[question.id]

    return answer


def ending(protocol: Protocol, answer: Callable[[Question], Verdict | None]) -> Outcome | None:
    """Where a walk ends; None where a question has no answer."""
    steps = walk(protocol)
    question = next(steps)
    while (verdict := answer(question)) is not None:
        try:
            question = steps.send(verdict)
        except StopIteration as end:
            return end.value
    return None


@dataclass(frozen=True)
class Walked:
    """A case, the outcome that is right, and the one that it came to."""

    case: Case
    right: Outcome
    came: Outcome

    @property
    def agrees(self) -> bool:
        return self.right == self.came

    @property
    def by_person(self) -> bool:
        return self.came.action == "escalate"

    @property
    def cared_for(self) -> bool:
        return self.agrees or self.by_person


@dataclass(frozen=True)
class World:
    """The cases with what rules and probes say of them, and the outcomes that are right."""

    protocol: Protocol
    rules: Mapping[str, Callable[[Question], Verdict]]
    found: Mapping[str, Likely]
    right: Sequence[tuple[Case, Outcome]]
    unsure: float

    @property
    def safety(self) -> list[str]:
        return [question.id for question in self.protocol.questions.values() if question.safety]

    def grave(self, case: Case) -> bool:
        return any(case.answers.get(name) == "yes" for name in self.safety)

    def walks(self, costs: Mapping[str, Costs]) -> list[Walked]:
        edges = {
            name: one.thresholds(costs.get(name), self.unsure) for name, one in self.found.items()
        }
        return [Walked(case, right, self._came(case, edges)) for case, right in self.right]

    def _came(self, case: Case, edges: Mapping[str, tuple[float, float]]) -> Outcome:
        def told(question: Question) -> Verdict:
            if question.id not in self.found:
                return self.rules[case.id](question) if question.rule else "unsure"
            low, high = edges[question.id]
            curve = Curve(no_below=low, yes_from=high)
            verdict = curve.verdict(self.found[question.id].by_case[case.id])
            return (
                self.rules[case.id](question) if verdict == "unsure" and question.rule else verdict
            )

        outcome = ending(self.protocol, told)
        assert outcome is not None
        return outcome


def world(protocol: Protocol, cases: Sequence[Case], states: States, unsure: float) -> World:
    """Cases that lack a label on their way are left out."""
    rules = {case.id: ruled(case.comment) for case in cases}

    def right(case: Case) -> Outcome | None:
        def label(question: Question) -> Verdict | None:
            by_code = question.ask == ("rule",)
            return rules[case.id](question) if by_code else case.answers.get(question.id)

        return ending(protocol, label)

    asked = [q.id for q in protocol.questions.values() if q.ask != ("rule",) and not q.same_as]
    return World(
        protocol=protocol,
        rules=rules,
        found={name: one for name in asked if (one := likely(name, cases, states))},
        right=[(case, outcome) for case in cases if (outcome := right(case))],
        unsure=unsure,
    )


def row(world: World, costs: Mapping[str, Costs]) -> str:
    walks = world.walks(costs)
    grave = [one for one in walks if world.grave(one.case)]
    plain = [one for one in walks if not world.grave(one.case)]
    shares = (
        share(walks, lambda one: one.agrees),
        share(walks, lambda one: one.cared_for),
        share(walks, lambda one: one.by_person),
        share(plain, lambda one: one.by_person),
        share(grave, lambda one: one.cared_for),
    )
    setting = ",".join(f"{name}={':'.join(f'{x:g}' for x in c)}" for name, c in costs.items())
    return "".join(shares) + "  " + (setting or "none")


def share(walks: Sequence[Walked], holds: Callable[[Walked], bool]) -> str:
    return f"{sum(map(holds, walks)) / len(walks):>9.3f}" if walks else f"{'–':>9}"


def searched(world: World, worth: float) -> dict[str, Costs]:
    """The costs that --search looks for: one question after another, twice."""

    def gain(costs: Mapping[str, Costs]) -> float:
        walks = world.walks(costs)
        lost = sum(world.grave(one.case) and not one.cared_for for one in walks)
        return sum(one.agrees for one in walks) - worth * lost

    probed = [q.id for q in world.protocol.questions.values() if "probe" in q.ask]
    best: dict[str, Costs] = {name: (1.0, 1.0, PERSON) for name in probed if name in world.found}
    for name in [*best, *best]:
        best = max(({**best, name: (miss, 1.0, PERSON)} for miss in MISSES), key=gain)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kept", type=Path)
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--protocol", default="brand-care")
    parser.add_argument("--unsure", type=float, default=0.01)
    parser.add_argument("--search", type=float, metavar="WORTH")
    options = parser.parse_args()
    if not options.kept.is_file():
        parser.error(f"{options.kept} is no file: see `aplomo evals calibrate --keep`")

    cases = [case for case in load_cases(*CASES) if case.split == "calibration"]
    protocol, known = states(options.kept, options.protocol, cases)
    cases = [case for case in cases if case.id in known]
    if not cases:
        parser.error(f"{options.kept} holds no state of these cases under the present prompts")
    made = world(protocol, cases, known, options.unsure)
    print(f"{len(made.right)} of {len(cases)} cases have every label on their way")
    print("  outcome  +person   person ordinary   safety  setting")
    for setting in options.settings:
        costs = read_costs(filter(None, setting.split(",")), protocol.questions)
        print(row(made, costs), flush=True)
    if options.search is not None:
        print(row(made, searched(made, options.search)))


if __name__ == "__main__":
    main()
