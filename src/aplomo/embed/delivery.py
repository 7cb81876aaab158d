"""How a draft is written: look, write, look again. Never written twice, never blindly repeated.

A 5xx or a time-out says nothing about whether the write took, and a success may be partial: only
reading back tells.
"""

from collections.abc import Callable

from aplomo.embed.adapter import Adapter, Delivered, Inbound, Payload
from aplomo.errors import DeliveryRefused, DeliveryUnknown, MessageGone, ToolError

__all__ = ["deliver", "withdraw"]

_NOT_THERE = (
    "the tool reported success, but nothing is read back: may its user read what it writes?"
)


def deliver(
    adapter: Adapter, inbound: Inbound, payload: Payload, *, before_write: Callable[[], None]
) -> Delivered:
    """Write `payload` unless it is there already, and give it as it was read back.

    `before_write` is called when nothing but the write is left, and may raise to prevent it. The
    draft that this one replaces is withdrawn after the new one is there.

    Raises DeliveryUnknown when it cannot be told whether the draft is there, and what the adapter
    raises when it surely is not; DeliveryRefused, too, when the tool says that it is there and
    shows none: written again, it would be there once more each time.
    """
    found = adapter.find_delivered(inbound.ref, payload.key)
    if found is None:
        before_write()
        found = _written(adapter, inbound, payload)
    if payload.replaces is not None and payload.replaces.id != found.id:
        withdraw(adapter, payload.replaces)
    return found


def withdraw(adapter: Adapter, delivered: Delivered) -> bool:
    """Take a stale draft away; False where the tool cannot, or it is gone already."""
    try:
        return adapter.withdraw(delivered)
    except MessageGone:
        return False


def _written(adapter: Adapter, inbound: Inbound, payload: Payload) -> Delivered:
    said = ""
    try:
        adapter.deliver(inbound, payload, payload.key)
    except DeliveryUnknown as error:
        said = str(error)
    try:
        found = adapter.find_delivered(inbound.ref, payload.key)
    except ToolError as error:
        said = said or "the tool reported success"
        raise DeliveryUnknown(f"{said}; reading back failed: {error}") from error
    if found is not None:
        return found
    if said:
        raise DeliveryUnknown(f"{said}; the draft is not there when read back")
    raise DeliveryRefused(_NOT_THERE)
