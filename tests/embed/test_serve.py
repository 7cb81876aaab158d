"""`aplomo serve` as it runs: a process of its own, real HTTP on loopback."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aplomo.cli.init import init
from aplomo.cli.main import cli
from misbehaving import Handler, Misbehaving


@pytest.fixture
def place(tmp_path: Path) -> Path:
    assert CliRunner().invoke(init, [str(tmp_path)]).exit_code == 0
    return tmp_path


def run(place: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "aplomo", *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=60)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def call(port: int, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    assert answer.getheader("server") is None
    data = answer.read()
    connection.close()
    return answer.status, json.loads(data)


@contextmanager
def serving(place: Path, *arguments: str, url: str = "") -> Generator[tuple[int, Any]]:
    """The server on a free port, ended by SIGTERM; the port, and the process."""
    port = free_port()
    command = [sys.executable, "-m", "aplomo", "serve", "--port", str(port), *arguments]
    environ = os.environ | {"APLOMO_MODEL": "m", "APLOMO_BASE_URL": url or "http://127.0.0.1:9/v1"}
    process = subprocess.Popen(
        command, cwd=place, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            try:
                if call(port, "GET", "/readyz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        yield port, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        if process.stdout is not None:
            process.stdout.close()


def test_it_serves_on_loopback_and_ends_when_told(place: Path) -> None:
    token = run(place, "serve", "token", "new", "Ana López", "--scope", "draft", "--scope", "read")
    assert (token.returncode, "only its hash" in token.stderr) == (0, True)
    text = token.stdout.strip()
    assert re.fullmatch(r"aplomo_[0-9a-f]{8}_[\w-]{43}", text)
    assert text not in (place / "tokens.json").read_text()
    with serving(place) as (port, process):
        assert call(port, "GET", "/healthz") == (200, {"status": "ok"})
        assert call(port, "GET", f"/v1/decisions/d-{'0' * 32}", token=text)[0] == 404
        assert call(port, "POST", "/v1/draft", {"comment": {"text": "x"}})[0] == 401
        status, problem = call(port, "POST", "/v1/draft", {"comment": {}}, token=text)
        assert (status, "text: Field required" in problem["detail"]) == (400, True)
        revoked = run(place, "serve", "token", "revoke", text.split("_")[1])
        assert revoked.returncode == 0
        assert call(port, "GET", "/v1/decisions/x", token=text)[0] == 401
    assert process.returncode in {0, -signal.SIGTERM}
    assert (place / "aplomo.db").exists()


def test_a_draft_in_hand_is_finished_before_it_ends(place: Path, server: Misbehaving) -> None:
    def slowly(handler: Handler) -> None:
        time.sleep(1.0)
        server.says("{}")(handler)

    server.script = [slowly]
    text = run(place, "serve", "token", "new", "bot", "--scope", "draft").stdout.strip()
    with serving(place, url=server.url) as (port, process):
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        body = json.dumps({"comment": {"text": "Best coffee in town!", "lang": "en"}})
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {text}"}
        connection.request("POST", "/v1/draft", body, headers)
        server.wait_for_a_call()
        process.send_signal(signal.SIGTERM)
        answer = connection.getresponse()
        record = json.loads(answer.read())
        connection.close()
    assert (answer.status, record["schema"]) == (200, "aplomo.decision/1")


def test_a_taken_port_is_said_so(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run(place, "serve", "--port", port, "--no-worker")
    assert result.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in result.stderr
    assert "Traceback" not in result.stderr


def test_tokens_are_listed_without_their_text_and_revoked(tmp_path: Path) -> None:
    runner, file = CliRunner(), ["serve", "--tokens", str(tmp_path / "t.json"), "token"]
    made = runner.invoke(cli, [*file, "new", "Ana", "--scope", "approve", "--days", "30"])
    identifier, secret = made.stdout.strip().split("_", 2)[1:]
    listed = runner.invoke(cli, [*file, "list"]).stdout
    assert f"{identifier}  Ana  approve  20" in listed
    assert secret not in listed
    (row,) = runner.invoke(cli, [*file, "list", "--json"]).stdout.splitlines()
    assert json.loads(row)["scopes"] == ["approve"]
    assert runner.invoke(cli, [*file, "revoke", identifier]).exit_code == 0
    assert runner.invoke(cli, [*file, "list"]).stdout == ""
    again = runner.invoke(cli, [*file, "revoke", identifier])
    assert "there is no token" in str(again.exception)


@pytest.mark.parametrize("content", ["", "[]", '{"tokens": [{"id": 1}]}', "\x00"])
def test_a_broken_file_of_tokens_lets_nobody_in_and_says_why(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.json").write_text(content)
    result = CliRunner().invoke(
        cli, ["serve", "--tokens", str(tmp_path / "t.json"), "token", "list"]
    )
    assert "is not a file of tokens" in str(result.exception)
