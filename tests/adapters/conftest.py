"""Real servers, one of each a session."""

from collections.abc import Iterator

import pytest

from real_servers import django_helpdesk as helpdesk_server
from real_servers import dovecot as dovecot_server
from real_servers import request_tracker as rt_server
from real_servers.missing import missing


@pytest.fixture(scope="session")
def dovecot() -> Iterator[dovecot_server.Dovecot]:
    if dovecot_server.WHY_NOT:
        missing("dovecot", dovecot_server.WHY_NOT)
    with dovecot_server.dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def request_tracker() -> Iterator[rt_server.RequestTracker]:
    if rt_server.WHY_NOT:
        missing("request_tracker", rt_server.WHY_NOT)
    with rt_server.request_tracker() as server:
        yield server


@pytest.fixture(scope="session")
def helpdesk() -> Iterator[helpdesk_server.Helpdesk]:
    if helpdesk_server.WHY_NOT:
        missing("django_helpdesk", helpdesk_server.WHY_NOT)
    with helpdesk_server.helpdesk() as server:
        yield server
