"""`aplomo serve`: take webhooks, work on them, and answer over HTTP."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from aplomo.errors import UsageError
from aplomo.loopback import LOOPBACK

if TYPE_CHECKING:
    from aplomo.embed.app.tokens import Scope, Tokens
    from aplomo.watch import Watch

__all__ = ["serve"]

_FILE = "tokens.json"


@click.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8321, show_default=True, type=click.IntRange(0, 65535))
@click.option("--model", help="As for draft.")
@click.option("--base-url", help="As for draft.")
@click.option(
    "--threads", default=2, show_default=True, type=click.IntRange(1, 64), help="Workers."
)
@click.option("--no-worker", is_flag=True, help="Only take hooks in: a task engine does the work.")
@click.option("--proxy", help="Address of the reverse proxy whose X-Forwarded-For is believed.")
@click.option("--tokens", type=click.Path(path_type=Path), help="File of tokens (hashes).")
@click.pass_context
def serve(  # noqa: PLR0913 -- options of the command line
    context: click.Context,
    host: str,
    port: int,
    model: str | None,
    base_url: str | None,
    threads: int,
    no_worker: bool,
    proxy: str | None,
    tokens: Path | None,
) -> None:
    """Take webhooks and draft over HTTP, on this machine alone unless told otherwise.

    Put a proxy with TLS in front of it to be reached from elsewhere.
    """
    context.obj = tokens
    if context.invoked_subcommand is not None:
        return
    from aplomo.embed.app import Tokens, create_app
    from aplomo.embed.drafter import Drafter
    from aplomo.embed.outbox import Outbox
    from aplomo.embed.worker import Worker
    from aplomo.workspace import Workspace

    place = Workspace.find()
    settings = place.model_settings(model=model, base_url=base_url)
    drafter = Drafter(workspace=place, model=settings, watch=_telemetry())
    outbox = Outbox.from_workspace(place, drafter)
    adapters = {name: outbox.adapter(name) for name in place.adapter_tables}
    hooks = [name for name, adapter in adapters.items() if adapter.caps.push]
    polled = [name for name, adapter in adapters.items() if adapter.caps.poll]
    worker = None if no_worker else Worker(outbox=outbox, threads=threads, poll=polled)
    app = create_app(outbox, tokens=Tokens(_place(tokens)), hooks=hooks, worker=worker)
    if host not in LOOPBACK:
        click.echo(f"{host} can be reached from elsewhere: put TLS in front", err=True)
    for name in hooks:
        click.echo(f"hook: http://{host}:{port}/hooks/{name}", err=True)
    try:
        _run(app, host=host, port=port, proxy=proxy)
    finally:
        outbox.drafter.close()
        outbox.store.close()


def _telemetry() -> "Watch | None":
    """Traces and metrics, when the package for them is there."""
    from importlib.util import find_spec

    if find_spec("opentelemetry") is None:
        return None
    from aplomo.embed.telemetry import Telemetry

    return Telemetry()


def _run(app: Any, *, host: str, port: int, proxy: str | None) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy or "",
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=30,
        timeout_keep_alive=30,
        limit_concurrency=500,
        h11_max_incomplete_event_size=64 * 1024,
    )
    # Threads that draft must not keep the thread that answers hooks waiting: by default it may be
    # 5 ms for each of the many times that it gives way, ten times what a hook takes.
    sys.setswitchinterval(0.0005)
    try:
        uvicorn.Server(config).run()
    except SystemExit:  # it has said why
        hint = "is something else there? --port"
        raise UsageError(f"cannot listen on {host}:{port}", hint=hint) from None


@serve.group()
def token() -> None:
    """Make, list and revoke tokens of the API."""


@token.command()
@click.argument("owner")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(["draft", "read", "approve"]),
    help="What it may do; may be given several times.",
)
@click.option("--days", type=click.FloatRange(min=0, min_open=True), help="How long it holds.")
@click.pass_obj
def new(tokens: Path | None, owner: str, scopes: tuple[str, ...], days: float | None) -> None:
    """Make a token for OWNER and print it, this once.

    With the scope approve, OWNER is the person in whose name texts are approved.
    """
    click.echo(_tokens(tokens).new(owner, cast("tuple[Scope, ...]", scopes), days=days))
    click.echo("keep it now: only its hash is stored", err=True)


@token.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(tokens: Path | None, as_json: bool) -> None:
    """The tokens there are; never their text."""
    for one in _tokens(tokens).all():
        until = "no end"
        if one.expires_at is not None:
            until = datetime.fromtimestamp(one.expires_at, UTC).isoformat(timespec="minutes")
            until += " (over)" if one.expires_at <= time.time() else ""
        if as_json:
            shown = {"id": one.id, "owner": one.owner, "scopes": one.scopes, "until": until}
            click.echo(json.dumps(shown))
        else:
            click.echo(f"{one.id}  {one.owner}  {','.join(one.scopes)}  {until}")


@token.command()
@click.argument("identifier")
@click.pass_obj
def revoke(tokens: Path | None, identifier: str) -> None:
    """End the token with that id; it is refused from the next request on."""
    _tokens(tokens).revoke(identifier)
    click.echo(f"revoked {identifier}", file=sys.stderr)


def _tokens(given: Path | None) -> "Tokens":
    from aplomo.embed.app.tokens import Tokens

    return Tokens(_place(given))


def _place(given: Path | None) -> Path:
    """The tokens' file: as given, else beside aplomo.toml, else here."""
    from aplomo.workspace import Workspace

    return given or (Workspace.find().root or Path.cwd()) / _FILE
