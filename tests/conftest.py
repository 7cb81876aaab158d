"""Shared by every test: a clean environment and a protocol small enough to read."""

import os

import pytest
from hypothesis import settings

# How long an example takes depends on the machine, and decides no test.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine may decide a test."""
    for name in list(os.environ):
        if name.startswith(("APLOMO_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_")):
            monkeypatch.delenv(name)
