"""What the documents show is what happens: their code blocks are run."""

import re
from pathlib import Path

import pytest

from aplomo.protocol.load import loads

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("page", "text"),
    [(page.name, text) for page in PAGES for text in blocks(page, "yaml")],
)
def test_every_protocol_shown_loads(page: str, text: str) -> None:
    assert loads(text, name=page).questions


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_bytes()) <= 6 * 1024
