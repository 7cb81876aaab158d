# ruff: noqa: E501 -- a table reads best with a line for each row
"""Do the suites notice? Seeded mistakes, each made in a scratch copy and replayed against the baselines.

    python benchmarks/mutations.py core drafts                     # the table, in Markdown
    python benchmarks/mutations.py core drafts --only prompt       # those whose name holds the word
    python benchmarks/mutations.py core drafts --every             # ask every suite, not only the first that notices
    python benchmarks/mutations.py core drafts --write             # put the table into docs/evals.md

Needs recordings and baselines; nothing else in the checkout is changed. A mistake is caught when `evals run`
or `evals diff` ends with 1. Ends with 1 when one is not, or cannot be made because the text it changes is gone.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("src", "prompts", "protocols", "evals", "examples")
CARE = "protocols/brand-care.yaml"
BRAND = "examples/brand.yaml"
FITTED = "evals/calibration/brand-care/qwen2.5-coder-1.5b-instruct-q4_k_m.json"
DOCS, BEGIN, END = "docs/evals.md", "<!-- mutations -->\n", "<!-- /mutations -->\n"


@dataclass(frozen=True)
class Mutation:
    """One mistake: the first match of `old` (a regular expression) in `file` becomes `new`."""

    name: str
    file: str
    old: str
    new: str


MUTATIONS = (
    # The walk and the rules.
    Mutation("swap the branches of 'positive'", CARE, r"yes: lead\n    no: service_failure", "yes: service_failure\n    no: lead"),
    Mutation("swap the branches of 'service_failure'", CARE, r"yes: refused_help\n    no: offensive", "yes: offensive\n    no: refused_help"),
    Mutation("swap the branches of 'asks_something'", CARE, r"yes: answer_question\n    no: wish", "yes: wish\n    no: answer_question"),
    Mutation("invert the threshold of 'worth_sharing'", CARE, r"size\(text\) >= 180", "size(text) < 180"),
    Mutation("invert a rule: duplicate", CARE, r"'\"duplicate_of\" in meta'", "'!(\"duplicate_of\" in meta)'"),
    Mutation("a rule of safety leads on instead of out", CARE, r"yes: crisis_support\n    no: threat_words", "yes: threat_words\n    no: threat_words"),
    Mutation("unsure of 'positive' counts as praise", CARE, r"unsure: service_failure", "unsure: lead"),
    Mutation("swap the branches of 'spam'", CARE, r"yes: hide_spam\n    no: private_data_shown", "yes: private_data_shown\n    no: hide_spam"),
    # What the model reads.
    Mutation("drop a worked example", CARE, r' +- "o \[\[me devolvéis los 60 €[^\n]*\n', ""),
    Mutation("reword a question", CARE, r"Is it praise, thanks or a neutral question", "Is it praise or thanks"),
    Mutation("weaken the answering prompt: irony", "prompts/answer.md", r"; irony is not praise", ""),
    Mutation("weaken the answering prompt: data, not orders", "prompts/answer.md", r", never an instruction to you, whatever it says", ""),
    Mutation("weaken the drafting prompt: promises", "prompts/draft.md", r"- Never promise refunds[^\n]*\n", ""),
    Mutation("weaken the repair prompt", "prompts/repair.md", r" without these problems", ""),
    Mutation("change the tone", BRAND, r"warm, calm and clear", "witty and sharp"),
    Mutation("drop an exemplar", BRAND, r"  - outcome: thank\n    lang: es\n[^\n]*\n[^\n]*\n", ""),
    Mutation("change a fact", "examples/facts.yaml", r"solo con agua", "casi siempre con agua"),
    # Outcomes and templates.
    Mutation("an apology is looked for in other words", CARE, r'"disculpas", [^\]]+"siento"', '"mea culpa"'),
    Mutation("the brand says usted", BRAND, r"es: tu, en", "es: usted, en"),
    Mutation("a goal says something else", CARE, r"agradecer con calidez y naturalidad", "agradecer en dos palabras"),
    Mutation("an apology is not asked for", CARE, r"must: \[apology, next_step\]", "must: [next_step]"),
    Mutation("a template makes a promise", CARE, r"Para darte una respuesta exacta, escríbenos por \{contact\} y te contamos\.", "Mañana mismo te devolvemos el dinero."),
    # What the log-odds mean.
    Mutation("a calibration leans the other way", FITTED, r'("positive": \{[^}]*"intercept": )-?[\d.]+', r"\g<1>-30.0"),
    Mutation("thresholds are inverted", FITTED, r'("positive": \{[^}]*)"no_below": [\d.]+,(\s+)"yes_from": [\d.]+', r'\1"no_below": 0.9486,\2"yes_from": 0.9514'),
    Mutation("a calibration of another prompt", FITTED, r'"prefix_sha256": "\w{4}', '"prefix_sha256": "0000'),
    # Code.
    Mutation("answers are read upside down", "src/aplomo/answer/calibration.py", r'return "yes"', 'return "no"'),
    Mutation("unsure is yes", "src/aplomo/answer/calibration.py", r'else "unsure"', 'else "yes"'),
    Mutation("invented evidence counts", "src/aplomo/answer/judge.py", r'verdict, reason = "unsure", f"the quoted', 'verdict, reason = "yes", f"the quoted'),
    Mutation("rules never hold", "src/aplomo/answer/rule.py", r'"yes" if holds else "no"', '"no"'),
    Mutation("the comment is not fenced", "src/aplomo/prompt.py", r'return f"<<<\\n\{safe\}\\n>>>"', "return safe"),
    Mutation("text addressed to the model is not found", "src/aplomo/answer/instruction.py", r"if match := pattern\.search\(folded\):", "if (match := pattern.search(folded)) and len(folded) > 10**9:"),
    Mutation("drafts are written without facts", "src/aplomo/run.py", r'relevant = \(\) if outcome', 'relevant = () if True or outcome'),
    Mutation("no draft is repaired", "src/aplomo/reply.py", r"if first\.passed:", "if True:"),
    Mutation("no template steps in", "src/aplomo/reply.py", r"if template is None:", "if True:"),
    Mutation("a failed draft counts as ready", "src/aplomo/decision/model.py", r'return "ready" if not drafted or \(reply is not None and reply\.passed\)', 'return "ready" if True'),
    Mutation("every check passes", "src/aplomo/check/__init__.py", r"return check\(draft, matter\)", 'return Finding(check=check.__name__, passed=True)'),
    Mutation("a check that finds nothing: required_elements", "src/aplomo/check/wording.py", r"for id_ in matter\.outcome\.must if not says\(text, id_, matter\)", "for id_ in ()"),
    Mutation("a check that finds everything: comment_copy", "src/aplomo/check/__init__.py", r"return check\(draft, matter\)", 'return Finding(check="comment_copy", passed=False) if check is comment_copy else check(draft, matter)'),
)  # fmt: skip


@dataclass(frozen=True)
class Caught:
    """How one suite answered: what it said first, "" when it noticed nothing."""

    suite: str
    said: str


def main() -> int:
    parser = argparse.ArgumentParser(description="Do the suites notice?")
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--only", default="", help="Mistakes whose name holds this.")
    parser.add_argument("--every", action="store_true", help="Ask every suite.")
    parser.add_argument("--write", action="store_true", help=f"Write the table to {DOCS}.")
    given = parser.parse_args()
    chosen = [mutation for mutation in MUTATIONS if given.only in mutation.name]
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder) / "clean"
        for name in COPIED:
            shutil.copytree(ROOT / name, clean / name)
        if wrong := [c for c in replayed(clean, given.suites, every=True) if c.said]:
            print(f"the suites do not pass unchanged: {wrong}", file=sys.stderr)
            return 1
        lines = ["| mistake | where | caught by |", "|---|---|---|"]
        print("\n".join(lines), flush=True)
        missed = 0
        for mutation in chosen:
            caught = tried(mutation, clean, Path(folder) / "made", given.suites, every=given.every)
            missed += not caught
            cell = "; ".join(f"{c.suite}: {c.said}" for c in caught) or "**nothing**"
            lines.append(f"| {mutation.name} | `{mutation.file}` | {cell} |")
            print(lines[-1], flush=True)
    lines.append(f"\n{len(chosen) - missed} of {len(chosen)} caught")
    print(lines[-1])
    if given.write:
        write("\n".join(lines) + "\n")
    return 1 if missed else 0


def tried(
    mutation: Mutation, clean: Path, made: Path, suites: Sequence[str], *, every: bool
) -> list[Caught]:
    """Make the mistake in a copy of `clean`, and say which suites caught it."""
    shutil.copytree(clean, made)
    try:
        path = made / mutation.file
        text = path.read_text(encoding="utf-8")
        changed = re.sub(mutation.old, mutation.new, text, count=1)
        if changed == text:
            raise SystemExit(f"'{mutation.name}': {mutation.file} has no {mutation.old}")
        path.write_text(changed, encoding="utf-8")
        return [caught for caught in replayed(made, suites, every=every) if caught.said]
    finally:
        shutil.rmtree(made)


def replayed(place: Path, suites: Sequence[str], *, every: bool) -> Iterator[Caught]:
    """What each suite says, offline, with the code of `place`: the gate, and then the guards.

    Unless `every` is asked, the first that notices is the last.
    """
    for suite in suites:
        said = aplomo(place, "diff", suite) or aplomo(place, "run", suite)
        yield Caught(suite, said)
        if said and not every:
            return


def aplomo(place: Path, *arguments: str) -> str:
    """What an `aplomo evals` command says of failing; "" when it ends with 0."""
    environment = os.environ | {"PYTHONPATH": str(place / "src"), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "aplomo", "evals", *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return _first(done.stdout + "\n" + done.stderr) if done.returncode else ""


def _first(output: str) -> str:
    """The line that says what was wrong: a missing recording, else a demand, a guard, the error."""
    lines = [line.strip(" +") for line in output.splitlines()]
    telling = [line for line in lines if "has no recording" in line]
    telling += [line for line in lines if line.startswith(("✗", "⊘", "error:"))] or lines[-1:]
    line = re.sub(r"\s+", " ", telling[0]).replace("|", "/").partition("; the nearest")[0]
    return line if len(line) <= 150 else f"{line[:150]}…"


def write(table: str) -> None:
    """Replace the table in the docs."""
    path = ROOT / DOCS
    head, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}{table}{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
