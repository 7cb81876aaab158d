"""Real servers, one of each a session, and what says loudly that one is missing."""

import os
from collections.abc import Iterator

import pytest

from real_servers import django_helpdesk as helpdesk_server
from real_servers import dovecot as dovecot_server
from real_servers import request_tracker as rt_server

# Servers that must be there: a missing one fails its tests instead of skipping them.
REQUIRED = set(os.environ.get("REQUIRE_SERVERS", "").split())


def absent(name: str, why: str) -> None:
    """Skip with the reason, or fail where the server is required."""
    if name in REQUIRED:
        pytest.fail(f"REQUIRE_SERVERS names {name}: {why}", pytrace=False)
    pytest.skip(f"{name} NOT TESTED: {why}")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[dovecot_server.Dovecot]:
    if dovecot_server.WHY_NOT:
        absent("dovecot", dovecot_server.WHY_NOT)
    with dovecot_server.dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def request_tracker() -> Iterator[rt_server.RequestTracker]:
    if rt_server.WHY_NOT:
        absent("request_tracker", rt_server.WHY_NOT)
    with rt_server.request_tracker() as server:
        yield server


@pytest.fixture(scope="session")
def helpdesk() -> Iterator[helpdesk_server.Helpdesk]:
    if helpdesk_server.WHY_NOT:
        absent("django_helpdesk", helpdesk_server.WHY_NOT)
    with helpdesk_server.helpdesk() as server:
        yield server
