"""A real HTTP server on loopback that misbehaves as its script says, request by request."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the script of its server."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: Any = self.server
        length = int(self.headers.get("content-length", 0))
        server.misbehaving.answer(self, json.loads(self.rfile.read(length)))

    def log_message(self, format: str, *args: object) -> None:
        pass

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        fields = {"content-type": "application/json", "content-length": str(len(body))}
        for name, value in {**fields, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


Reply = Callable[[Handler], None]


@dataclass
class Misbehaving:
    """The server's script, and every request body and header it has received."""

    url: str = ""
    script: list[Reply] = field(default_factory=list[Reply])
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, handler: Handler, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        self.headers.append({name.lower(): value for name, value in handler.headers.items()})
        reply = self.script[min(len(self.bodies), len(self.script)) - 1]
        try:
            reply(handler)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True

    def wait_for_a_call(self) -> None:
        while not self.calls:
            time.sleep(0.01)

    @property
    def calls(self) -> int:
        return len(self.bodies)

    # What a script is made of.

    def says(self, text: object = "hello", **choice: Any) -> Reply:
        """An ordinary completion; keywords change its choice."""
        first = {"index": 0, "message": {"role": "assistant", "content": text}, **choice}
        first.setdefault("finish_reason", "stop")
        usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
        return self.sends({"object": "chat.completion", "choices": [first], "usage": usage})

    def sends(self, body: object, status: int = 200, **headers: str) -> Reply:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return lambda handler: handler.send(status, data, fields)

    def fails(self, status: int, message: str = "no", **headers: str) -> Reply:
        return self.sends({"error": {"message": message}}, status, **headers)

    def hangs(self) -> Reply:
        return lambda handler: (self.released.wait(10), None)[1]

    def drips(self) -> Reply:
        """A byte at a time, each well within any per-read time-out."""

        def drip(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("content-length", "100000")
            handler.end_headers()
            while not self.released.is_set():
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.02)

        return drip

    def resets(self) -> Reply:
        """Half an answer, then the connection is reset."""

        def reset(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("content-length", "1000")
            handler.end_headers()
            handler.wfile.write(b'{"choices": [')
            handler.wfile.flush()
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.shutdown(socket.SHUT_RD)
            handler.close_connection = True
            handler.connection.close()

        return reset


class Server(ThreadingHTTPServer):
    daemon_threads = True
    misbehaving: Misbehaving

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a connection cut on purpose
