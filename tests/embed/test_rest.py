"""A tool is asked at its own address and nowhere else, and its failures are told apart."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from aplomo.embed.rest import Rest, number_id
from aplomo.errors import DeliveryRefused, MessageGone, ToolUnavailable


class Host(ThreadingHTTPServer):
    """Remembers what it was asked; answers with a redirect to `elsewhere` when that is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str | None]] = []
        self.elsewhere = ""
        self.status = 302

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Host  # type: ignore[assignment]

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["authorization"]))
        body = json.dumps({}).encode()
        self.send_response(self.server.status if self.server.elsewhere else 200)
        if self.server.elsewhere:
            self.send_header("location", self.server.elsewhere)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    """The tool, and another host that it would send us to."""
    made = (Host(), Host())
    threads = [
        threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.01}) for host in made
    ]
    for thread in threads:
        thread.start()
    yield made
    for host, thread in zip(made, threads, strict=True):
        host.shutdown()
        thread.join()
        host.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(hosts: tuple[Host, Host], status: int) -> None:
    """Followed, it could be sent to the machine's own services, our credential with it."""
    tool, other = hosts
    tool.elsewhere, tool.status = f"{other.url}/latest/meta-data", status
    rest = Rest(tool.url, auth=("bot", "secret"))
    with pytest.raises(ToolUnavailable, match=str(status)):
        rest.read("ticket/1")
    with pytest.raises(DeliveryRefused, match=str(status)):
        rest.write("POST", "ticket/1/comment", {"text": "x"})
    assert len(tool.asked) == 2
    assert other.asked == []


@pytest.mark.parametrize("path", ["//127.0.0.1:9/x", "@127.0.0.1:9/x", "../../x", "x?y=1#z"])
def test_no_path_leads_to_another_host(hosts: tuple[Host, Host], path: str) -> None:
    tool, _ = hosts
    Rest(f"{tool.url}/api").read(path)
    assert len(tool.asked) == 1


@pytest.mark.parametrize(
    "id_", ["", "-1", "1/../2", "1%2f2", "1 ", "1\n", "٣", "0x1", "1" * 19, "http://x"]
)
def test_only_a_number_stands_in_a_path(id_: str) -> None:
    with pytest.raises(MessageGone):
        number_id(id_)
    assert number_id("42") == "42"
