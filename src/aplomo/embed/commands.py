"""What stands in a tool's texts: our mark `ref: KEY`, the command `/approve KEY`, and no links."""

import re
from collections.abc import Callable, Iterable

from aplomo.embed.adapter import Approval, Message
from aplomo.embed.note import MARK

__all__ = ["approval_among", "key_in", "without_links"]

_MARKED = re.compile(rf"^{MARK}([0-9a-f]{{32}})\s*$", re.MULTILINE)
# Anything more on the line may be a condition: then it is no approval.
_APPROVE = re.compile(r"\s*/approve[ \t]+([0-9a-f]{32})[ \t]*(?:\n(.*))?", re.DOTALL)


def key_in(text: str | None) -> str:
    """The draft key that a note of ours ends with; empty when it carries none."""
    found = _MARKED.findall((text or "").replace("\r\n", "\n"))
    return found[-1] if found else ""


def without_links(text: str) -> str:
    """`text` for a tool that reads Markdown: its links, images and mentions stay words.

    A customer's words stand in a note: an image among them would tell its sender who read it.
    """
    return re.sub(r"\](?=[(:\[])", "] ", text)


def approval_among(
    messages: Iterable[Message], key: str, drafted: Callable[[], str]
) -> Approval | None:
    """The first approval among an agent's messages after the draft `key`.

    A public message is one, with its own text; so is the command, with the text below it or, when
    there is none, with the draft's, which `drafted` reads.
    """
    for message in (m for m in messages if m.author.kind == "agent"):
        by, at = message.author, message.created_at
        if message.visibility == "public":
            return Approval(by=by, at=at, text=message.text, how="reply", sent=True)
        command = _APPROVE.fullmatch(message.text.replace("\r\n", "\n"))
        if command and command[1] == key:
            text = (command[2] or "").strip() or drafted()
            return Approval(by=by, at=at, text=text, how="command /approve")
    return None
