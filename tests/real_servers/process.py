"""What every server needs: a free port, a wait until it answers, an end by its own pid."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def process(
    command: list[str],
    *,
    ready: Callable[[], bool],
    log: Path,
    env: dict[str, str] | None = None,
    patience: float = 300,
) -> Generator[int]:
    """Run `command` in a session of its own until the block ends; gives its pid.

    Raises RuntimeError with the end of its log when it stops, or is not `ready` in `patience` seconds.
    """
    with log.open("ab") as sink:
        child = subprocess.Popen(
            command,
            stdout=sink,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **(env or {})},
        )
    try:
        until = time.monotonic() + patience
        while not ready():
            if child.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield child.pid
    finally:
        end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask the process to stop, then stop the group that it leads."""
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)  # its own group: start_new_session made one
    child.wait()
