"""schemathesis over the OpenAPI document, against the server as it runs: never a 5xx.

It would bring a pytest plugin and a dozen packages into every run, so it stays in an environment of
its own, which `make test-servers` builds.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from test_serve import place, run, serving

from misbehaving import Misbehaving
from real_servers.missing import missing

__all__ = ["place"]

OURS = Path(__file__).parents[2] / ".venv-schemathesis" / "bin" / "schemathesis"
TOOL = os.environ.get("SCHEMATHESIS") or shutil.which("schemathesis", path=OURS.parent)


@pytest.mark.servers
def test_nothing_that_can_be_sent_is_a_server_error(place: Path, server: Misbehaving) -> None:
    if TOOL is None:
        missing("schemathesis", "make schemathesis")
    scopes = ("--scope", "draft", "--scope", "read", "--scope", "approve")
    token = run(place, "serve", "token", "new", "Ana", *scopes).stdout.strip()
    server.script = [server.says("{}")]
    assert TOOL is not None
    with serving(place, url=server.url) as (port, _):
        command = [
            TOOL, "run", f"http://127.0.0.1:{port}/openapi.json",
            "--header", f"Authorization: Bearer {token}",
            "--checks", "not_a_server_error,content_type_conformance,response_schema_conformance",
            "--max-examples", "25", "--seed", "1",
        ]  # fmt: skip
        result = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=900)
    assert result.returncode == 0, result.stdout[-4000:]
