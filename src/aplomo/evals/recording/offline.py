"""No network while a suite is replayed: whatever tries to connect is a call without a recording."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from aplomo.evals.recording.asking import asking
from aplomo.evals.recording.cassette import Unrecorded

__all__ = ["offline"]

_CONNECTING = ("connect", "connect_ex", "sendto")
_lock = threading.Lock()
_open = 0


@contextmanager
def offline() -> Generator[None]:
    """Refuse every connection of this process's Python code, but to local sockets of the system.

    May be entered more than once; raises Unrecorded inside whatever tries to connect.
    """
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(step: int) -> None:
    """Block with the first to enter, unblock with the last to leave."""
    global _open
    with _lock:
        before, _open = _open, _open + step
        if not before:
            for name in _CONNECTING:
                setattr(socket.socket, name, _refusing(getattr(socket.socket, name)))
        elif not _open:
            for name in _CONNECTING:
                setattr(socket.socket, name, getattr(socket.socket, name).real)


def _refusing(real: Any) -> Any:
    def refuse(sock: socket.socket, *arguments: Any) -> Any:
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            return real(sock, *arguments)
        who = asking()
        told = f"{who.place}: " if who else ""
        raise Unrecorded(f"{told}a connection to {arguments[-1]} was tried; a replay is offline")

    refuse.real = real  # type: ignore[attr-defined]
    return refuse
