"""Shared by every test: a clean environment and a protocol small enough to read."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings

from misbehaving import Handler, Misbehaving, Server
from real_servers.missing import SAID

# How long an example takes depends on the machine, and decides no test.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")


def pytest_configure() -> None:
    """A run that is told to end ends the servers it has started, too."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A server that is missing is said last, on a line of its own."""
    reasons = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])]
    for why, count in Counter(reason for reason in reasons if SAID in reason).items():
        told = f"!! {why.removeprefix('Skipped: ')}: {count} tests skipped"
        terminalreporter.write_line(told, red=True, bold=True)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine may decide a test."""
    for name in list(os.environ):
        if name.startswith(("APLOMO_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_")):
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    """A server that says hello until given a script."""
    misbehaving = Misbehaving()
    misbehaving.script = [misbehaving.says()]
    http = Server(("127.0.0.1", 0), Handler)
    http.misbehaving = misbehaving
    misbehaving.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield misbehaving
    misbehaving.released.set()
    http.shutdown()
    thread.join()
    http.server_close()
