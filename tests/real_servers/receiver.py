"""A hook receiver on loopback that keeps what it gets."""

import contextlib
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """Every hook received: lower-case headers and raw body."""

    hooks: list[tuple[dict[str, str], bytes]] = field(
        default_factory=list[tuple[dict[str, str], bytes]]
    )

    def wait_for(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        until = time.monotonic() + 30
        while len(self.hooks) < count and time.monotonic() < until:
            time.sleep(0.02)
        assert len(self.hooks) >= count, f"{len(self.hooks)} of {count} hooks came"
        return self.hooks


@contextlib.contextmanager
def receiver(port: int) -> Generator[Receiver]:
    got = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            got.hooks.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(202)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield got
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
