from collections.abc import Iterator
from pathlib import Path

import pytest

from oracle import Oracle, serving
from suite_made import Made, make_suite, record


@pytest.fixture
def oracle() -> Iterator[Oracle]:
    with serving() as running:
        yield running


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A workspace with a suite, and the current folder in it."""
    monkeypatch.chdir(tmp_path)
    return make_suite(tmp_path)


@pytest.fixture
def recorded(made: Made, oracle: Oracle) -> Made:
    """The suite, recorded whole."""
    result = record(oracle.url, "--all")
    assert result.exit_code == 0, result.output
    oracle.bodies.clear()
    return made
