"""A workspace with a small protocol and a suite of invented comments, and how to record it."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from aplomo.assets import asset
from aplomo.cli.main import cli
from aplomo.evals.run import Bench, open_benches
from aplomo.workspace import Workspace

PROTOCOL = """
format: aplomo.protocol/1
id: small
version: "1"
languages: [es, en]
start: positive
elements:
  thanks:
    es: {means: gracias, phrases: ["gracias"]}
    en: {means: thanks, phrases: ["thank*"]}
questions:
  positive:
    text: {es: ¿Es un elogio?, en: Is it praise?}
    yes: thank
    no: failed
  failed:
    text: {es: ¿Le fallamos?, en: Did we fail them?}
    yes: worth
    no: listen
  worth:
    text: {es: ¿Compensa contestar?, en: Is it worth an answer?}
    yes: thank
    no: listen
outcomes:
  listen: {action: no_reply}
  thank:
    action: reply
    department: community
    goal: {es: agradecer, en: say thanks}
    must: [thanks]
    template: {es: "¡Muchas gracias por escribirnos!", en: "Thank you so much for writing!"}
"""
WORDS = ["café", "té", "pan", "queso", "vino", "aceite", "miel", "sal", "arroz", "pasta"]


@dataclass(frozen=True)
class Made:
    """The workspace made in `root`, and the suite `mini` in it."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "evals" / "mini" / "small"

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    def bytes(self) -> dict[str, bytes]:
        """Every committed file of the suite's recordings, by name."""
        files = [*self.recordings.glob("*"), self.folder / "lock.json"]
        return {path.name: path.read_bytes() for path in files}

    def bench(self) -> Bench:
        (bench,) = open_benches("mini", workspace=Workspace.find(self.root))
        return bench

    def edit(self, name: str, old: str, new: str) -> None:
        """Change one word in one of the workspace's files; prompts are copied there first."""
        path = self.root / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            shutil.copy(asset(*name.split("/")), path)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def make_suite(root: Path, cases: int = 6) -> Made:
    for name in ("brand.yaml", "facts.yaml"):
        shutil.copy(asset("examples", name), root / name)
    (root / "aplomo.toml").write_text("", encoding="utf-8")
    (root / "protocols").mkdir()
    (root / "protocols" / "small.yaml").write_text(PROTOCOL, encoding="utf-8")
    folder = root / "evals" / "mini"
    folder.mkdir(parents=True)
    lines = ["format: aplomo.cases/1", "suite: mini", "protocols: [small]", "cases:"]
    for number in range(cases):
        word = WORDS[number % len(WORDS)]
        text = f"Me encanta vuestro {word}, lo compro {number + 2} veces al mes"
        comment = f'{{channel: x, lang: es, text: "{text}"}}'
        lines += [f"  - id: c{number}", "    split: test", f"    comment: {comment}"]
        lines += ['    answers: {positive: "yes"}']
    (folder / "cases.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Made(root)


def aplomo(*arguments: str) -> Result:
    """Run the command line in the current folder."""
    return CliRunner().invoke(cli, ["evals", *arguments])


def record(url: str, *arguments: str, model: str = "m") -> Result:
    """`evals record mini`, unattended, against the server at `url`."""
    flags: Sequence[str] = ("--yes", "--model", model, "--base-url", url)
    return aplomo("record", "mini", *arguments, *flags)
