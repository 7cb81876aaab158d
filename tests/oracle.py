"""A real OpenAI-compatible HTTP server on loopback whose answers depend on the request alone.

Run as a program it serves until killed: `python oracle.py [SECONDS_A_CALL]` prints its base URL.
"""

import base64
import hashlib
import json
import re
import struct
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_THANKS = "Muchas gracias por escribirnos, nos alegra leer cosas así."
_HINTS = ("id_slot", "cache_prompt")


@dataclass
class Oracle:
    """What the server has seen, and how it behaves.

    `seconds` is what a call takes; texts in `failing` make it fail; a `steady` one answers the last
    message alone, so that a changed prompt changes no answer. A `telling` one tells its state: the
    first part is high after a text with "robot" in it.
    """

    url: str = ""
    seconds: float = 0.0
    steady: bool = False
    telling: bool = False
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    failing: set[str] = field(default_factory=set[str])

    @property
    def calls(self) -> int:
        return len(self.bodies)


def answer(body: dict[str, Any], *, steady: bool = False) -> dict[str, Any]:
    """A completion made from a hash of the request, with log-probabilities where asked for."""
    plain = {name: value for name, value in body.items() if name not in _HINTS}
    told = body["messages"][-1:] if steady else plain
    seed = int(hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(), 16)
    content = json.dumps(_content(body, seed), ensure_ascii=False, separators=(",", ":"))
    choice: dict[str, Any] = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": content},
    }
    if body.get("logprobs"):
        tokens = re.findall(r"\w+|[^\w]+", content)
        choice["logprobs"] = {"content": [_token(token, seed) for token in tokens]}
    usage = {"prompt_tokens": len(json.dumps(plain)) // 4, "completion_tokens": len(content) // 4}
    usage["total_tokens"] = sum(usage.values())
    return {
        "id": f"chatcmpl-{time.time_ns()}",
        "created": int(time.time()),
        "object": "chat.completion",
        "model": body["model"],
        "choices": [choice],
        "usage": usage,
        "timings": {"prompt_ms": time.perf_counter()},
    }


def _content(body: dict[str, Any], seed: int) -> dict[str, Any]:
    """What the schema asks for, wherever the request tells it."""
    schema = _schema(body)
    made: dict[str, Any] = {}
    for number, (name, kind) in enumerate(schema["properties"].items()):
        if "enum" in kind:
            made[name] = "yes" if seed >> 5 * number & 1 else "no"
        else:
            empty: dict[str, Any] = {"array": [], "object": {}}
            made[name] = empty.get(kind["type"], f"{_THANKS} {seed % 97}")
    return made


def _state(text: str) -> dict[str, Any]:
    digest = hashlib.sha256(text.encode()).digest()
    parts = ["robot" in text, *(byte / 512 for byte in digest[:7])]
    packed = base64.b64encode(struct.pack("<8f", *parts)).decode()
    return {"object": "list", "data": [{"embedding": packed, "index": 0}], "usage": {}}


def _schema(body: dict[str, Any]) -> dict[str, Any]:
    if "grammar" in body:
        return json.loads(body["grammar"].partition("%json ")[2])
    return body["response_format"]["json_schema"]["schema"]


def _token(token: str, seed: int) -> dict[str, Any]:
    spread = -(seed % 40) / 10 - 0.1
    others = [{"id": n, "token": f"t{n}", "bytes": [116], "logprob": -9.0 - n} for n in range(17)]
    if token in ("yes", "no"):
        other = "no" if token == "yes" else "yes"
        others.insert(0, {"id": 99, "token": other, "bytes": [1], "logprob": spread - 1})
    alternatives = [{"id": 1, "token": token, "bytes": [1], "logprob": -0.2}, *others]
    return {
        "id": 1,
        "token": token,
        "bytes": list(token.encode()),
        "logprob": -0.2,
        "top_logprobs": alternatives,
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: Any = self.server
        oracle: Oracle = server.oracle
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        oracle.bodies.append(body)
        time.sleep(oracle.seconds)
        if "messages" not in body and not oracle.telling:
            self.send_error(404)
            return
        said = body["input"] if "input" in body else body["messages"][-1]["content"]
        status = 503 if any(text in said for text in oracle.failing) else 200
        given = _state(said) if "input" in body else answer(body, steady=oracle.steady)
        data = json.dumps(given if status == 200 else {"error": {"message": "busy"}})
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data.encode())))
        self.send_header("set-cookie", "session=secret")
        self.send_header("openai-organization", "acme")
        self.end_headers()
        self.wfile.write(data.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(seconds: float = 0.0) -> Generator[Oracle]:
    """The server, in a thread, until the end of the context."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    oracle = http.oracle = Oracle(url=f"http://127.0.0.1:{http.server_address[1]}/v1")  # type: ignore[attr-defined]
    oracle.seconds = seconds
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield oracle
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


if __name__ == "__main__":
    with serving(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0) as running:
        sys.stdout.write(f"{running.url}\n")
        sys.stdout.flush()
        threading.Event().wait()
