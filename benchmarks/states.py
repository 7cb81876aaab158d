"""Under which words does a model's hidden state tell most? Reading prompts, measured.

    python benchmarks/states.py [--prompt FILE ...] [--protocol P] [--most N] [--model M]

The model reads each calibration case under each prompt (prompts/state.md, and the files given),
and a linear probe is fitted per question; printed is its AUC on cases that it was not fitted on.
The test split is never read. docs/answering.md has our table.
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sklearn.metrics import roc_auc_score

from aplomo.answer.judge import Round
from aplomo.embed.drafter import Drafter
from aplomo.evals.cases import Case, load_cases
from aplomo.evals.measure import read, sample
from aplomo.evals.probe import fit_probe
from aplomo.llm.retry import RetryPolicy
from aplomo.prompt import load_prompt
from aplomo.workspace import Workspace


def table(
    cases: Sequence[Case], states: Mapping[str, tuple[float, ...]], names: Iterable[str]
) -> Iterator[str]:
    """A line a question: how many yes and no, and the AUC of a probe on cases held out."""
    for name in names:
        own = [case for case in cases if name in case.answers]
        truth = [case.answers[name] == "yes" for case in own]
        probe = fit_probe({case.id: states[case.id] for case in own}, truth)
        if probe is not None:
            auc = roc_auc_score(truth, list(probe.held_out.values()))
            yield f"  {name:<20}{f'{sum(truth)}/{len(truth) - sum(truth)}':>8}{auc:>8.3f}"


def main() -> None:
    """Measure the prompts asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--prompt", action="append", type=Path, default=[])
    parser.add_argument("--protocol", default="brand-care")
    parser.add_argument("--cases", type=Path, default=Path("evals/core/cases.yaml"))
    parser.add_argument("--most", type=int)
    parser.add_argument("--model")
    given = parser.parse_args()
    cases = [c for c in sample(load_cases(given.cases), given.most) if c.split == "calibration"]
    settings = Workspace.find().model_settings(model=given.model)
    drafter = Drafter(protocol=given.protocol, model=settings)
    policy = RetryPolicy(timeout=600, deadline=1200)
    others = {str(place): load_prompt(place.stem, [place.parent]) for place in given.prompt}
    for name, prompt in {"shipped": drafter.kit.prompts["state"], **others}.items():
        round_ = Round(drafter.kit.protocol, 1, drafter.kit.prompts["answer"], prompt)
        seconds: list[float] = []
        states: dict[str, tuple[float, ...]] = {}
        started = time.monotonic()
        for case, state in read(cases, round_, drafter.model, policy):
            states[case.id] = state
            seconds.append(time.monotonic() - started)
            started = time.monotonic()
        print(f"{name}: {len(states)} cases, median {statistics.median(seconds):.1f} s")
        asked = [q.id for q in drafter.kit.protocol.questions.values() if "model" in q.ask]
        print("\n".join(table(cases, states, asked)), flush=True)
    drafter.close()


if __name__ == "__main__":
    main()
