"""What the documents show is what happens: their code blocks are run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from aplomo.assets import asset
from aplomo.protocol.load import load, loads
from misbehaving import Misbehaving

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("page", "text"),
    [(page.name, text) for page in PAGES for text in blocks(page, "yaml")],
)
def test_every_protocol_shown_loads(page: str, text: str) -> None:
    assert loads(text, name=page).questions


def test_the_readme_program_runs(
    server: Misbehaving, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As written, on a server that answers as the model would."""
    questions = load(asset("protocols", "brand-care.yaml")).round(1)
    said: dict[str, object] = {
        question.label: "yes" if question.id == "positive" else "no" for question in questions
    }
    said["quotes"] = {}
    reply = {"reply": "Thank you! Your words about our coffee made the whole team smile today."}
    server.script = [server.says(json.dumps(said)), server.says(json.dumps(reply))]
    monkeypatch.setenv("APLOMO_MODEL", "m")
    monkeypatch.setenv("APLOMO_BASE_URL", server.url)
    (program,) = blocks(ROOT / "README.md", "python")
    exec(program, {})
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "ready thank"
    assert printed[1].startswith("Thank you!")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name not in ("README.md", "embedding.md")]
)
def test_the_programs_of_the_docs_run(page: Path) -> None:
    for program in blocks(page, "python"):
        exec(program, {})


def test_every_page_is_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert f": {page.relative_to(ROOT / 'docs').as_posix()}\n" in nav


def test_the_programs_of_the_embedding_page_run(
    server: Misbehaving,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """As written, in an empty folder, on a server whose answers are of no use."""
    monkeypatch.setenv("APLOMO_MODEL", "m")
    monkeypatch.setenv("APLOMO_BASE_URL", server.url)
    monkeypatch.chdir(tmp_path)
    shown: dict[str, object] = {}
    for program in blocks(ROOT / "docs" / "embedding.md", "python"):
        exec(program, shown)
    store: Any = shown["outbox"]
    store.store.close()
    assert capsys.readouterr().out.splitlines() == ["needs_human safety_review", "d-1"]


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_bytes()) <= 6 * 1024
