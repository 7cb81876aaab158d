"""What stands in a tool's texts: our mark `ref: KEY`, the command `/approve KEY`, and no links."""

import re
from collections.abc import Iterable

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


def approval_among(messages: Iterable[Message], key: str) -> Approval | None:
    """The approval among what agents said after the draft `key`.

    The first public message, with its own text: whatever was approved before it, that is what the
    customer got. Else the first command with a text below it, else the first bare one: its text is
    empty, for the draft as it is.
    """
    said = [m for m in messages if m.author.kind == "agent" and not m.automatic]
    for message in said:
        if message.visibility == "public":
            by, at = message.author, message.created_at
            return Approval(by=by, at=at, text=message.text, how="reply", sent=True)
    commands = [found for message in said if (found := _command(message, key)) is not None]
    return next((found for found in commands if found.text), next(iter(commands), None))


def _command(message: Message, key: str) -> Approval | None:
    command = _APPROVE.fullmatch(message.text.replace("\r\n", "\n"))
    if command and command[1] == key:
        text, by = (command[2] or "").strip(), message.author
        return Approval(by=by, at=message.created_at, text=text, how="command /approve")
    return None
