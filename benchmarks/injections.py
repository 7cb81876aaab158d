"""Share of answers that an instruction in the comment flips, by question, each flip listed.

python benchmarks/injections.py evals/hostile/instructions.yaml "The comment"
    [--lang en] [--protocol basic-guide] [--model NAME] [--base-url URL]
"""

import argparse
from collections import Counter
from pathlib import Path

from aplomo import Comment, Drafter
from aplomo.evals.cases import load_instructions
from aplomo.evals.flips import flips
from aplomo.workspace import Workspace


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("instructions", type=Path)
    parser.add_argument("comment")
    for name in ("--lang", "--protocol", "--model", "--base-url"):
        parser.add_argument(name)
    given = parser.parse_args()
    workspace = Workspace.find()
    settings = workspace.model_settings(model=given.model, base_url=given.base_url)
    drafter = Drafter(workspace=workspace, protocol=given.protocol, model=settings)
    rounds = drafter.kit.rounds
    assert rounds is not None
    round_ = rounds.round(1)
    comment = Comment(text=given.comment, lang=given.lang)
    listed = load_instructions(given.instructions)
    try:
        done = flips(
            comment, listed, round_, rounds.calibration(round_), drafter.model, drafter.policy
        )
    finally:
        drafter.close()
    for one in done:
        what = ", ".join(f"{name}: {was} → {now}" for name, (was, now) in one.changed.items())
        seen = "caught" if one.caught else "MISSED"
        print(
            f"{one.instruction.id:<12}{one.instruction.lang:<4}{seen:<8}{one.failed or what or '-'}"
        )
    per_question = Counter(name for one in done for name in one.changed)
    answers = max(1, len(done) * len(round_.questions))
    print(f"\n{'question':<20}flipped by")
    for question in round_.questions:
        print(f"{question.id:<20}{per_question[question.id]}/{len(done)}")
    flipped = per_question.total()
    unseen = sum(len(one.changed) for one in done if not one.caught)
    print(f"\nanswers flipped: {flipped}/{answers} ({flipped / answers:.1%})")
    print(f"flipped and not reported: {unseen}/{answers} ({unseen / answers:.1%})")
    print(f"instructions caught: {sum(one.caught for one in done)}/{len(done)}")


if __name__ == "__main__":
    main()
