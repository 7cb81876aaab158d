"""What an agent sees in the tool: the draft, the private step, why, and where it comes from."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from aplomo.comment import visible
from aplomo.decision.explain import LANGUAGES, explain
from aplomo.embed.adapter import Delivered, Payload
from aplomo.protocol.model import Protocol

__all__ = ["MARK", "payload"]

MARK = "ref: "
"""What the last line of every note begins with; the draft key follows. Tools that keep no key of
ours are searched for it."""

_TITLES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "ready": "Suggested reply: read it before sending",
        "needs_human": "This needs you: no reply is ready",
        "reply": "Reply",
        "failed": "Draft that did not pass its checks (do not send it as it is)",
        "private": "In private",
        "why": "Why",
        "replaces": "It takes the place of the earlier suggestion.",
    },
    "es": {
        "ready": "Respuesta sugerida: léela antes de enviarla",
        "needs_human": "Esto te necesita: no hay respuesta lista",
        "reply": "Respuesta",
        "failed": "Borrador que no superó las comprobaciones (no lo envíes tal cual)",
        "private": "En privado",
        "why": "Por qué",
        "replaces": "Ocupa el lugar de la sugerencia anterior.",
    },
}


def payload(
    record: Mapping[str, Any],
    key: str,
    *,
    protocol: Protocol | None = None,
    lang: str | None = None,
    replaces: Delivered | None = None,
) -> Payload:
    """The draft of `record` as it is written into a tool.

    `lang` is the agent's language; without one the notes are in the comment's, where there are
    words for it, else in English. Characters that show nothing or reorder text are dropped.
    """
    spoken = lang or record["comment"]["lang"]
    spoken = spoken if spoken in LANGUAGES else "en"
    why = tuple(visible(line) for line in explain(record, protocol, spoken))
    reply: Mapping[str, Any] = record["reply"] or {"text": "", "private_text": None}
    sections = _sections(record["status"], reply, why, _TITLES[spoken])
    title = _TITLES[spoken]["ready" if record["status"] == "ready" else "needs_human"]
    if replaces is not None:
        title += ". " + _TITLES[spoken]["replaces"]
    packed = json.dumps(record, ensure_ascii=False, indent=2)
    return Payload(
        key=key,
        lang=spoken,
        reply=reply["text"] if record["status"] == "ready" else "",
        private=reply["private_text"] if record["status"] == "ready" else None,
        why=why,
        note=_plain(title, sections, key),
        note_html=_html(title, sections, key),
        record=record,
        record_json=packed.encode(),
        replaces=replaces,
    )


def _sections(
    status: str, reply: Mapping[str, Any], why: tuple[str, ...], titles: Mapping[str, str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Titles, each with its paragraphs (the draft) or its lines (why)."""
    parts: list[tuple[str, tuple[str, ...]]] = []
    if reply["text"]:
        title = titles["reply" if status == "ready" else "failed"]
        parts.append((title, tuple(visible(reply["text"]).splitlines())))
    if reply["private_text"]:
        parts.append((titles["private"], tuple(visible(reply["private_text"]).splitlines())))
    return [*parts, (titles["why"], tuple(f"- {line}" for line in why))]


def _plain(title: str, sections: list[tuple[str, tuple[str, ...]]], key: str) -> str:
    blocks = [f"{name}:\n" + "\n".join(lines) for name, lines in sections]
    return "\n\n".join([title, *blocks, f"{MARK}{key}"]) + "\n"


def _html(title: str, sections: list[tuple[str, tuple[str, ...]]], key: str) -> str:
    blocks = [
        f"<p><b>{escape(name)}</b><br>" + "<br>".join(escape(line) for line in lines) + "</p>"
        for name, lines in sections
    ]
    ends = f"<p><small>{escape(MARK + key)}</small></p>"
    return "\n".join([f"<p><b>{escape(title)}</b></p>", *blocks, ends])
