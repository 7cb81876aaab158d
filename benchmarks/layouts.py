"""How should a round be asked? Layouts of the answering prompt, measured on labelled cases.

    python benchmarks/layouts.py [--layout NAME ...] [--protocol P] [--most N] [--model M]

Each layout asks the first round of the calibration cases and prints, per question, the AUC of the
question's own log-odds and of the cross-validated stack of all, with the median seconds and the
generated tokens of a call. The test split is never read. docs/answering.md has our table.
"""

import argparse
import hashlib
import json
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from aplomo.answer.calibration import FAR
from aplomo.answer.judge import LONGEST_QUOTE, Round
from aplomo.embed.drafter import Drafter
from aplomo.evals.cases import load_cases
from aplomo.evals.measure import Measured, measure, sample
from aplomo.llm.port import Request
from aplomo.llm.retry import RetryPolicy
from aplomo.protocol.model import Question
from aplomo.workspace import Workspace

QUOTE = {"type": "string", "maxLength": LONGEST_QUOTE}
Marked = Mapping[str, str]


class Layout(Round):
    """A round as shipped; the variants override one thing each."""

    @property
    def order(self) -> Sequence[str] | None:
        """The question ids in the order asked; None for the protocol's."""
        return None

    @property
    def labels(self) -> Mapping[str, str]:
        """Other names for questions, by id."""
        return {}

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        asked = {q.id: q for q in self.protocol.round(self.number)}
        ids = [name for name in self.order or asked if name in asked]
        return tuple(replace(asked[n], label=self.labels.get(n, asked[n].label)) for n in ids)


class PositiveLast(Layout):
    """Complaints before praise."""

    @property
    def order(self) -> Sequence[str]:
        asked = [q.id for q in self.protocol.round(self.number)]
        return [*(name for name in asked if name != "positive"), "positive"]


class Renamed(Layout):
    """Labels that spell out what yes means."""

    labels = {  # noqa: RUF012 -- constants of a benchmark
        "positive": "praise_or_question",
        "service_failure": "brand_failed_them",
        "offensive": "insults",
        "smear": "attack_without_facts",
        "wrong_facts": "spreads_rumour",
        "wake_up_call": "asks_for_change",
    }


class Fewer(Layout):
    """Two worked examples for each question, and three that are no to all."""

    def _examples(self) -> list[tuple[str, dict[str, str]]]:
        marked = super()._examples()
        kept = {text for text, marks in marked if not marks}
        for question in self.questions:
            kept |= set(sorted(t for t, m in marked if question.label in m)[:2])
        return [(text, marks) for text, marks in marked if text in kept]


class QuoteFirst(Layout):
    """One quote of what decides, before the answers."""

    @cached_property
    def schema(self) -> dict[str, Any]:
        whole = super().schema
        rest = {name: part for name, part in whole["properties"].items() if name != "quotes"}
        properties = {"quote": QUOTE, **rest}
        return whole | {"properties": properties, "required": list(properties)}

    def _worked(self, marked: Marked) -> str:
        answers = json.loads(super()._worked(marked))
        answers.pop("quotes")
        quote = min(marked.values(), key=len) if marked else ""
        return json.dumps({"quote": quote, **answers}, ensure_ascii=False, separators=(",", ":"))


class Bare(Layout):
    """Answers alone, no quotes."""

    @cached_property
    def schema(self) -> dict[str, Any]:
        whole = super().schema
        rest = {name: part for name, part in whole["properties"].items() if name != "quotes"}
        return whole | {"properties": rest, "required": list(rest)}

    def _worked(self, marked: Marked) -> str:
        answers = json.loads(super()._worked(marked))
        answers.pop("quotes")
        return json.dumps(answers, ensure_ascii=False, separators=(",", ":"))


LAYOUTS: Mapping[str, Callable[..., Layout]] = {
    "shipped": Layout,
    "positive-last": PositiveLast,
    "renamed": Renamed,
    "fewer-examples": Fewer,
    "quote-first": QuoteFirst,
    "bare": Bare,
}


class Clocked:
    """A model that notes how long each call took, and what it generated."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.seconds: list[float] = []
        self.tokens: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def complete(self, request: Request, *, timeout: float) -> Any:
        """Pass the call on."""
        started = time.monotonic()
        completion = self._model.complete(request, timeout=timeout)
        self.seconds.append(time.monotonic() - started)
        self.tokens.append(completion.usage.output_tokens)
        return completion


def table(measured: Sequence[Measured], names: Iterable[str]) -> Iterable[str]:
    """A line a question: how many yes and no, the AUC of its own log-odds, and of the stack."""
    names = list(names)
    for name in names:
        own = [m for m in measured if name in m.case.answers and name in m.logits]
        truth = [m.case.answers[name] == "yes" for m in own]
        if min(sum(truth), len(truth) - sum(truth)) < 3:
            continue
        rows = [[max(-FAR, min(FAR, m.logits.get(n, 0.0))) for n in names] for m in own]
        folds = StratifiedKFold(3, shuffle=True, random_state=0)
        model = LogisticRegression(class_weight="balanced", C=0.05, max_iter=1000)
        stacked = cross_val_predict(model, rows, truth, cv=folds, method="predict_proba")[:, 1]
        alone = roc_auc_score(truth, [m.logits[name] for m in own])
        counts = f"{sum(truth)}/{len(truth) - sum(truth)}"
        yield f"  {name:<18}{counts:>8}{alone:>8.3f}{roc_auc_score(truth, stacked):>8.3f}"


def main() -> None:
    """Measure the layouts asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--layout", action="append", choices=list(LAYOUTS))
    parser.add_argument("--protocol", default="basic-guide")
    parser.add_argument("--cases", type=Path, default=Path("evals/core/cases.yaml"))
    parser.add_argument("--most", type=int, default=110)
    parser.add_argument("--model")
    given = parser.parse_args()
    cases = [c for c in sample(load_cases(given.cases), given.most) if c.split == "calibration"]
    settings = Workspace.find().model_settings(model=given.model)
    drafter = Drafter(protocol=given.protocol, model=settings)
    policy = RetryPolicy(timeout=600, deadline=1200)
    for name in given.layout or LAYOUTS:
        round_ = LAYOUTS[name](drafter.kit.protocol, 1, drafter.kit.prompts["answer"])
        model = Clocked(drafter.model)
        done = measure(cases, round_, model, policy, lambda: None)
        key = hashlib.sha256(round_.sha256.encode()).hexdigest()[:8]
        median, tokens = statistics.median(model.seconds), statistics.mean(model.tokens)
        print(f"{name} ({key}): {len(done)} cases, median {median:.1f} s, {tokens:.0f} tokens out")
        print(f"  {'question':<18}{'yes/no':>8}{'alone':>8}{'stack':>8}")
        print("\n".join(table(done, [q.id for q in round_.questions])), flush=True)
    drafter.close()


if __name__ == "__main__":
    main()
