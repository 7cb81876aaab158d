"""What whole decisions come to under settings of `--cost`, on cases that are fitted, not scored.

    python benchmarks/costs.py KEPT [--protocol ID] [--unsure SHARE] SETTING...

KEPT is the file of `aplomo evals calibrate --keep`, which tells the states; no model is asked. A
SETTING is a list of QUESTION=MISS:ALARM:PERSON with commas, or "" for none.

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

from aplomo.answer.rule import by_rule
from aplomo.comment import Comment
from aplomo.embed.drafter import Drafter
from aplomo.errors import ModelRejected
from aplomo.evals.cases import Case, load_cases
from aplomo.evals.kept import Kept
from aplomo.evals.measure import read
from aplomo.evals.probe import fit_probe
from aplomo.evals.thresholds import band, choose_thresholds
from aplomo.llm.port import Request
from aplomo.llm.retry import RetryPolicy
from aplomo.protocol.model import Outcome, Protocol, Question, Verdict
from aplomo.walk import walk

CASES = (Path("evals/core/cases.yaml"), *sorted(Path("evals/fitting").glob("comments.*.yaml")))
Costs = tuple[float, float, float]


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


def likely(question: str, cases: Sequence[Case], states: Mapping[str, Any]) -> Likely | None:
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
    platt: Any = LogisticRegression(class_weight="balanced")
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


def walked(
    protocol: Protocol,
    case: Case,
    rule: Callable[[Question], Verdict],
    found: Mapping[str, Likely],
    edges: Mapping[str, tuple[float, float]],
) -> Walked | None:
    """None where the case lacks a label on its way."""

    def right(question: Question) -> Verdict | None:
        return rule(question) if _by_code(question) else case.answers.get(question.id)

    def told(question: Question) -> Verdict:
        if _by_code(question):
            return rule(question)
        if question.id not in found:
            return "unsure"
        (low, high), p = edges[question.id], found[question.id].by_case[case.id]
        return "yes" if p >= high else "no" if p < low else "unsure"

    wanted, came = ending(protocol, right), ending(protocol, told)
    return Walked(case, wanted, came) if wanted and came else None


def _by_code(question: Question) -> bool:
    return question.ask == ("rule",)


def row(protocol: Protocol, walks: Sequence[Walked]) -> str:
    safety = {q.id for q in protocol.questions.values() if q.safety}
    grave = [w for w in walks if any(w.case.answers.get(name) == "yes" for name in safety)]
    plain = [w for w in walks if w not in grave]
    return (
        f"{share(walks, lambda w: w.agrees)} {share(walks, lambda w: w.agrees or w.by_person)}"
        f" {share(walks, lambda w: w.by_person)} {share(plain, lambda w: w.by_person)}"
        f" {share(grave, lambda w: w.agrees or w.by_person)}"
    )


def share(walks: Sequence[Walked], holds: Callable[[Walked], bool]) -> str:
    return f"{sum(map(holds, walks)) / len(walks):>9.3f}" if walks else f"{'–':>9}"


def costs_of(setting: str) -> dict[str, Costs]:
    costs: dict[str, Costs] = {}
    for written in filter(None, setting.split(",")):
        name, _, figures = written.partition("=")
        miss, alarm, person = map(float, figures.split(":"))
        costs[name] = (miss, alarm, person)
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kept", type=Path)
    parser.add_argument("settings", nargs="+")
    parser.add_argument("--protocol", default="brand-care")
    parser.add_argument("--unsure", type=float, default=0.02)
    options = parser.parse_args()

    cases = [case for case in load_cases(*CASES) if case.split == "calibration"]
    protocol, read_ = states(options.kept, options.protocol, cases)
    cases = [case for case in cases if case.id in read_]
    asked = [q.id for q in protocol.questions.values() if not _by_code(q) and not q.same_as]
    found = {q: one for q in asked if (one := likely(q, cases, read_))}
    rules = {case.id: ruled(case.comment) for case in cases}
    print(f"{len(cases)} cases, probes of {', '.join(found)}")
    print("  outcome  +person   person ordinary   safety  setting")
    for setting in options.settings:
        costs = costs_of(setting)
        edges = {q: one.thresholds(costs.get(q), options.unsure) for q, one in found.items()}
        walks = [walked(protocol, case, rules[case.id], found, edges) for case in cases]
        print(row(protocol, [one for one in walks if one]), "", setting or "none", flush=True)


if __name__ == "__main__":
    main()
