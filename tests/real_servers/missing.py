"""What to do about a server that is not there: skip its tests with the reason, or fail."""

import os

import pytest

SAID = "NOT TESTED"

# Servers that must be there: a missing one fails its tests instead of skipping them.
REQUIRED = set(os.environ.get("REQUIRE_SERVERS", "").split())


def missing(name: str, why: str) -> None:
    """Skip with the reason, or fail where the server is required."""
    if name in REQUIRED:
        pytest.fail(f"REQUIRE_SERVERS names {name}: {why}", pytrace=False)
    pytest.skip(f"{name} {SAID}: {why}")
