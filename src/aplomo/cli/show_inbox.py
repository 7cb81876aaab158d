"""How the outbox looks on a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from aplomo.comment import visible
from aplomo.decision.explain import explain
from aplomo.embed.store.entry import Entry
from aplomo.protocol.model import Protocol

__all__ = ["as_dict", "line", "page"]

_COLORS = {"delivered": "green", "approved": "cyan", "blocked": "yellow", "sent": "blue"}
_WIDTH = 60


def as_dict(entry: Entry) -> dict[str, Any]:
    """An entry as JSON; times as ISO 8601."""
    times = {name: _when(getattr(entry, name)) for name in ("received_at", "updated_at", "due_at")}
    return asdict(entry) | times


def line(entry: Entry, record: Mapping[str, Any] | None) -> str:
    """One entry on one line: id, state, where, and the reply or the reason."""
    state = click.style(f"{entry.state:<10}", fg=_COLORS.get(entry.state))
    reply = record["reply"]["text"] if record and record["reply"] else ""
    said = entry.reason or reply
    return f"{entry.id}  {state}  {entry.ref.adapter}/{entry.ref.thread_id}  {_short(said)}"


def page(
    entry: Entry,
    record: Mapping[str, Any] | None,
    steps: Sequence[tuple[float, str, str]],
    protocol: Protocol | None,
    lang: str | None,
) -> str:
    """One entry with the comment, the reply, why, and every step it took."""
    lines = [line(entry, None)]
    if entry.delivered_url:
        lines.append(f"  {entry.delivered_url}")
    if record is not None:
        lines += ["", f"  “{visible(record['comment']['text'])}”"]
        if record["reply"]:
            lines += ["", *_indented(record["reply"]["text"])]
            lines += _indented(record["reply"]["private_text"] or "")
        spoken = lang or record["comment"]["lang"]
        lines += ["", *(f"  - {reason}" for reason in explain(record, protocol, spoken))]
    lines.append("")
    lines += [f"  {_when(at)}  {state:<10}  {why}".rstrip() for at, state, why in steps]
    return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in visible(text).splitlines()]


def _short(text: str) -> str:
    shown = " ".join(visible(text).split())
    return shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + "…"


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
