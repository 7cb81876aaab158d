"""What a thread says about one of its messages: whether it still waits for an answer."""

from dataclasses import replace

from aplomo.comment import Author, Comment, Turn
from aplomo.embed.adapter import Inbound, Message, Ref

__all__ = ["answered", "by_itself", "comment_of", "newer_message", "seen_from"]


def newer_message(inbound: Inbound) -> Message | None:
    """The newest message of the customer after this one, if there is any."""
    newer = [
        message
        for message in _after(inbound)
        if message.author.kind == "customer" and message.visibility == "public"
    ]
    return newer[-1] if newer else None


def answered(inbound: Inbound) -> bool:
    """Whether anyone has answered in public since; a note or an acknowledgement is no answer."""
    return any(
        message.visibility == "public"
        and message.author.kind != "customer"
        and not by_itself(message)
        for message in _after(inbound)
    )


def by_itself(message: Message) -> bool:
    """Whether it is an acknowledgement that the tool sent of its own accord."""
    machine = message.automatic or message.author.kind == "system"
    return machine and message.direction == "outgoing"


def _after(inbound: Inbound) -> tuple[Message, ...]:
    ids = [message.id for message in inbound.thread]
    at = ids.index(inbound.message.id) if inbound.message.id in ids else len(ids)
    return inbound.thread[at + 1 :]


def comment_of(inbound: Inbound, channel: str) -> Comment:
    """The message as a Comment; what was said in public before it is its thread."""
    before: list[Turn] = []
    for message in inbound.thread:
        if message.id == inbound.message.id:
            break
        if message.visibility == "public":
            kind, name = message.author.kind, message.author.name
            before.append(Turn(text=message.text, author=name, kind=kind))
    author = inbound.message.author
    return Comment(
        id=_id(inbound.ref),
        text=inbound.message.text,
        channel=channel,
        lang=inbound.lang,
        author=Author(id=author.id, name=author.name, kind=author.kind, customer=True),
        thread=tuple(before),
    )


def _id(ref: Ref) -> str:
    """The id of a comment: some tools count the messages of each thread from 0."""
    return f"{ref.adapter}/{ref.thread_id}/{ref.message_id}"


def seen_from(inbound: Inbound, message_id: str) -> Inbound | None:
    """The same thread, seen from another of its messages; None when that is gone."""
    for message in inbound.thread:
        if message.id == message_id:
            return replace(
                inbound, ref=replace(inbound.ref, message_id=message_id), message=message
            )
    return None
