"""Who may be answered: every rule must hold, and in any doubt nothing is drafted.

A tool tells us of our own notes too, and machines answer machines; a draft on one's own draft
would go on forever. So the thread is read again by id, and only a customer's newest public
message passes.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aplomo.embed.adapter import Inbound, Message
from aplomo.embed.commands import key_in
from aplomo.embed.thread import answered, by_itself, newer_message

__all__ = ["RULES", "Loops", "Rule", "refusal"]

_NO_REPLY = re.compile(
    r"(^|[<\s.+_-])(no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|bounces?)\b",
    re.IGNORECASE,
)
_BULK = {"bulk", "list", "junk", "auto_reply", "auto-reply"}
_MACHINES = (
    "list-id", "list-unsubscribe", "feedback-id",
    "x-autoreply", "x-autorespond", "x-auto-response-suppress",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Loops:
    """What the rules look at beside the thread: our ids there, and what we know to have written."""

    own_ids: frozenset[str]
    wrote: Callable[[str], bool]


Rule = Callable[[Inbound, Loops], str | None]
"""Gives the reason not to draft, or None."""


def refusal(inbound: Inbound, loops: Loops) -> str | None:
    """The first reason not to draft for this message; None when every rule holds."""
    return next(_refusals(inbound, loops), None)


def _refusals(inbound: Inbound, loops: Loops) -> Iterator[str]:
    for rule in RULES:
        if (reason := rule(inbound, loops)) is not None:
            yield reason


def from_customer(inbound: Inbound, loops: Loops) -> str | None:
    """Written by a customer, says the tool; an unknown author is not one."""
    kind = inbound.message.author.kind
    return None if kind == "customer" else f"written by: {kind}"


def public(inbound: Inbound, loops: Loops) -> str | None:
    """Seen by the customer; notes of agents are not."""
    seen = inbound.message.visibility
    return None if seen == "public" else f"visibility: {seen}"


def incoming(inbound: Inbound, loops: Loops) -> str | None:
    """Coming in."""
    direction = inbound.message.direction
    return None if direction == "incoming" else f"direction: {direction}"


def not_ours(inbound: Inbound, loops: Loops) -> str | None:
    """Neither by our own user, nor with our mark, nor known to have been written by us."""
    message = inbound.message
    if message.author.id in loops.own_ids:
        return "written by our own user"
    if message.key or key_in(message.text):
        return "carries our own mark"
    return "written by us" if loops.wrote(message.id) else None


def by_a_person(inbound: Inbound, loops: Loops) -> str | None:
    """Not an automatic answer, a mailing or a sender that nobody reads."""
    return _machine(inbound.message)


def newest(inbound: Inbound, loops: Loops) -> str | None:
    """The newest public message: nothing said after it by anyone but machines."""
    if newer_message(inbound) is not None:
        return "a newer message of the customer"
    if answered(inbound):
        return "answered already"
    this = inbound.message.id
    said = [
        message.id
        for message in inbound.thread
        if message.id == this or not (message.visibility == "internal" or by_itself(message))
    ]
    return None if said[-1:] == [this] else "not the newest message"


def open_thread(inbound: Inbound, loops: Loops) -> str | None:
    """The tool still takes replies there."""
    return "the thread is closed" if inbound.closed else None


RULES: tuple[Rule, ...] = (
    from_customer,
    public,
    incoming,
    not_ours,
    by_a_person,
    newest,
    open_thread,
)


def _machine(message: Message) -> str | None:
    headers = {name.lower(): value.strip() for name, value in message.headers.items()}
    if message.automatic:
        return "automatic, says the tool"
    if headers.get("auto-submitted", "no").lower() != "no":
        return "an automatic answer (Auto-Submitted)"
    if headers.get("precedence", "").lower() in _BULK:
        return "a bulk mailing (Precedence)"
    for name in _MACHINES:
        if name in headers and headers[name].lower() not in {"", "none"}:
            return f"a mailing or an automatic answer ({name})"
    if headers.get("return-path") in {"", "<>"}:
        return "a bounce (empty Return-Path)"
    senders = (headers.get("from", ""), headers.get("reply-to", ""), message.author.id)
    return "a sender that nobody reads" if any(map(_NO_REPLY.search, senders)) else None
