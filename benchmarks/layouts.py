"""How should a round be asked? Layouts of the answering prompt, measured on labelled cases.

    python benchmarks/layouts.py [--layout NAME ...] [--protocol P] [--most N] [--model M]

Each layout asks the first round of the calibration cases and prints, per question, the AUC of its
log-odds (the mean of them where a layout asks more than once), with the median seconds and the
generated tokens of a case. The test split is never read. docs/answering.md has our table.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sklearn.metrics import roc_auc_score

from aplomo.answer.judge import LONGEST_QUOTE, Round
from aplomo.embed.drafter import Drafter
from aplomo.evals.cases import Case, load_cases
from aplomo.evals.measure import measure, sample
from aplomo.llm.port import Request
from aplomo.llm.retry import RetryPolicy
from aplomo.prompt import Prompt
from aplomo.protocol.model import Protocol, Question
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


class Reversed(Layout):
    """The last question first."""

    @property
    def order(self) -> Sequence[str]:
        return [q.id for q in reversed(self.protocol.round(self.number))]


def chunks(size: int) -> Callable[..., list[Layout]]:
    """The round asked in calls of at most `size` questions each."""

    def made(protocol: Protocol, number: int, *prompts: Prompt) -> list[Layout]:
        asked = [q.id for q in protocol.round(number)]
        parts = [asked[start : start + size] for start in range(0, len(asked), size)]
        return [_only(part)(protocol, number, *prompts) for part in parts]

    return made


def _only(ids: Sequence[str]) -> type[Layout]:
    class Part(Layout):
        order = ids

    return Part


def each(*kinds: type[Layout]) -> Callable[..., list[Layout]]:
    """The round asked once in each way."""
    return lambda *parts: [kind(*parts) for kind in kinds]


LAYOUTS: Mapping[str, Callable[..., list[Layout]]] = {
    "shipped": each(Layout),
    "positive-last": each(PositiveLast),
    "renamed": each(Renamed),
    "fewer-examples": each(Fewer),
    "quote-first": each(QuoteFirst),
    "bare": each(Bare),
    "two-orders": each(Layout, Reversed),
    "in-chunks-of-3": chunks(3),
    "per-question": chunks(1),
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


def averaged(
    cases: Sequence[Case], rounds: Sequence[Layout], model: Clocked, policy: RetryPolicy
) -> dict[str, dict[str, float]]:
    """Log-odds by question, by case: the mean over the rounds that ask the question.

    Round by round, so that what is static is read once for all cases.
    """
    given: dict[str, dict[str, list[float]]] = {}
    for round_ in rounds:
        for case, logits in measure(cases, round_, model, policy):
            for name, value in logits.items():
                given.setdefault(case.id, {}).setdefault(name, []).append(value)
    return {
        case: {name: statistics.mean(values) for name, values in logits.items()}
        for case, logits in given.items()
    }


def table(
    cases: Sequence[Case], logits: Mapping[str, Mapping[str, float]], names: Iterable[str]
) -> Iterator[str]:
    """A line a question: how many yes and no, and the AUC of the log-odds."""
    for name in names:
        own = [c for c in cases if name in c.answers and name in logits[c.id]]
        truth = [c.answers[name] == "yes" for c in own]
        if min(sum(truth), len(truth) - sum(truth)) < 3:
            continue
        auc = roc_auc_score(truth, [logits[c.id][name] for c in own])
        yield f"  {name:<18}{f'{sum(truth)}/{len(truth) - sum(truth)}':>8}{auc:>8.3f}"


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
    prompts = drafter.kit.prompts
    for name in given.layout or LAYOUTS:
        rounds = LAYOUTS[name](drafter.kit.protocol, 1, prompts["answer"], prompts["state"])
        model = Clocked(drafter.model)
        logits = averaged(cases, rounds, model, policy)
        calls = [model.seconds[start :: len(cases)] for start in range(len(cases))]
        median = statistics.median(sum(seconds) for seconds in calls)
        tokens = sum(model.tokens) / len(cases)
        print(f"{name}: {len(cases)} cases, median {median:.1f} s, {tokens:.0f} tokens out")
        print(f"  {'question':<18}{'yes/no':>8}{'AUC':>8}")
        names = [question.id for question in drafter.kit.protocol.round(1)]
        print("\n".join(table(cases, logits, names)), flush=True)
    drafter.close()


if __name__ == "__main__":
    main()
