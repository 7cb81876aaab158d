"""The meter between every peer and the model server: what passes is counted, whoever sends it.

It asks for temperature 0 in everybody's name. Everything else passes as it is.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from benchmarks.beside.server import Endpoint

LONGEST = 1024
"""Tokens of an answer whose asker set no bound: a small model may never stop."""
PATIENCE = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Model calls, and the tokens that went in and came out."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )


class Meter:
    """Counts the calls that pass to `endpoint`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._spent = Spent()
        self._lock = threading.Lock()

    def add(self, spent: Spent) -> None:
        """Count one more call."""
        with self._lock:
            self._spent += spent

    def taken(self) -> Spent:
        """What passed since this was last asked."""
        with self._lock:
            spent, self._spent = self._spent, Spent()
            return spent


@contextmanager
def metered(endpoint: Endpoint) -> Iterator[tuple[Meter, str]]:
    """A meter before `endpoint`, and the base URL that peers are given."""
    meter = Meter(endpoint)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Passing,), {"meter": meter}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield meter, f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Passing(BaseHTTPRequestHandler):
    """Passes one request on, and its answer back."""

    protocol_version = "HTTP/1.1"
    meter: Meter

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        endpoint = self.meter.endpoint
        body |= {"model": endpoint.model, "temperature": 0, "cache_prompt": True}
        if not body.get("max_tokens") and not body.get("max_completion_tokens"):
            body["max_tokens"] = LONGEST
        if body.get("stream"):
            body["stream_options"] = {"include_usage": True}
        connection = HTTPConnection(urlsplit(endpoint.address).netloc, timeout=PATIENCE)
        try:
            self._pass(connection, json.dumps(body).encode())
        finally:
            connection.close()

    def _pass(self, connection: HTTPConnection, body: bytes) -> None:
        endpoint = self.meter.endpoint
        head = {"Authorization": f"Bearer {endpoint.key}", "Content-Type": "application/json"}
        connection.request("POST", self.path, body, head)
        response = connection.getresponse()
        data = response.read()
        self.meter.add(spent(data))
        self.send_response(response.status)
        self.send_header("content-type", response.getheader("content-type", "application/json"))
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


def spent(data: bytes) -> Spent:
    """What one answer says that it cost, streamed or not; a call without usage is still a call."""
    text = data.decode("utf-8", "replace")
    usage: dict[str, Any] = {}
    for part in (text, *(line.removeprefix("data: ") for line in text.splitlines())):
        with suppress(ValueError):
            told: Any = json.loads(part)
            usage = (told.get("usage") or usage) if isinstance(told, dict) else usage
    return Spent(
        calls=1,
        input_tokens=int(usage.get("prompt_tokens", 0)),
        output_tokens=int(usage.get("completion_tokens", 0)),
    )
