"""How the outbox looks on a terminal; what strangers wrote cannot pass for lines of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from textwrap import indent
from typing import Any

import click

from aplomo.decision.explain import explain
from aplomo.embed.store.entry import Entry
from aplomo.plain_text import one_line, printable
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
    place = one_line(f"{entry.ref.adapter}/{entry.ref.thread_id}")
    return f"{entry.id}  {state}  {place}  {one_line(said, _WIDTH)}"


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
        lines.append(f"  {one_line(entry.delivered_url, 2_000)}")
    if record is not None:
        lines += ["", indent(printable(f"“{record['comment']['text']}”"), "  ")]
        if record["reply"]:
            words = (record["reply"]["text"], record["reply"]["private_text"] or "")
            lines += ["", *(indent(printable(text), "  ") for text in words if text)]
        spoken = lang or record["comment"]["lang"]
        lines += ["", *(f"  - {one_line(reason)}" for reason in explain(record, protocol, spoken))]
    lines.append("")
    lines += [f"  {_when(at)}  {state:<10}  {one_line(why)}".rstrip() for at, state, why in steps]
    return "\n".join(lines)


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
