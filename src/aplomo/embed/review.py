"""What a person or the customer does in the tool, and what becomes of our draft then."""

from dataclasses import dataclass, replace

from aplomo.embed import delivery, sending
from aplomo.embed.adapter import Adapter, Approval, Delivered, Inbound
from aplomo.embed.brakes import Limits
from aplomo.embed.drafter import Drafter
from aplomo.embed.store.entry import Entry, State
from aplomo.embed.store.leases import Lease
from aplomo.embed.store.store import Store
from aplomo.embed.thread import answered, newer_message, seen_from
from aplomo.errors import SendRefused

__all__ = ["Reviews"]


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """Looks after the drafts of one adapter; whoever calls holds the lease `held` on the thread.

    `lang` is the agents' language, None for the comment's.
    """

    store: Store
    adapter: Adapter
    drafter: Drafter
    limits: Limits
    held: Lease
    lang: str | None = None

    def review(self, entry: Entry) -> Entry:
        """Look whether a delivered draft was approved, or the thread has moved on."""
        if (delivered := entry.delivered) is not None:
            given = self.adapter.approval(delivered)
            if given is not None and self._new(entry, given):
                try:
                    return self._approved(entry, self._worded(entry, given))
                except SendRefused as refused:
                    entry = self._told(entry, f"not approved: {refused} ({refused.hint})")
        return self.moved_on(entry, self.adapter.fetch(entry.ref)) or entry

    def _approved(self, entry: Entry, given: Approval) -> Entry:
        approved = self.store.ledger.step(
            entry,
            "approved",
            self.held,
            reason=f"by {given.by.name or given.by.id}: {given.how}",
            also=lambda connection: self.store.records.approve(entry.id, given, connection),
        )
        return self.step(approved, "sent", "by the person") if given.sent else approved

    def _worded(self, entry: Entry, given: Approval) -> Approval:
        """The approval with its exact text: the draft's, where the person gave none of their own.

        Raises SendRefused when there is no draft that may go out as it is.
        """
        if given.text.strip() or given.sent:
            return given
        record = self.store.records.get(entry.decision_id) if entry.decision_id else None
        return replace(given, text=sending.as_drafted(record))

    def _told(self, entry: Entry, why: str) -> Entry:
        """The entry with that reason, noted once: the next look finds the same command again."""
        return entry if entry.reason == why else self.later(entry, 0, why)

    def _new(self, entry: Entry, given: Approval) -> bool:
        """A person's approval, not our own, that says more than the one already stored."""
        return given.by.id not in self.adapter.own_ids and (
            given.sent or entry.state == "delivered"
        )

    def review_thread(self, entry: Entry, inbound: Inbound) -> None:
        """A hook in a thread is news about our drafts there."""
        for other in self.store.ledger.thread(entry.ref, ["delivered", "approved"]):
            seen = seen_from(inbound, other.ref.message_id)
            if other.id != entry.id and (seen is None or answered(seen) or seen.closed):
                self.review(other)

    def moved_on(self, entry: Entry, inbound: Inbound) -> Entry | None:
        """The entry as stale or superseded; None while the thread still waits."""
        if answered(inbound) or inbound.closed:
            self.withdraw(entry)
            reason = "a person has answered" if answered(inbound) else "the thread was closed"
            return self.step(entry, "stale", reason)
        if newer_message(inbound) is not None:
            self.remember_newer(inbound)
            self.withdraw(entry)  # the newer message may get no draft that takes its place
            return self.step(entry, "superseded", "a newer message of the customer")
        return None

    def withdraw(self, entry: Entry) -> None:
        """Take the draft out of the tool, if it is there."""
        if (delivered := self.in_tool(entry)) is not None:
            self.still_mine()
            delivery.withdraw(self.adapter, delivered)

    def remember_newer(self, inbound: Inbound) -> None:
        """A newer message is an event of its own, also when its hook was lost."""
        if (newer := newer_message(inbound)) is not None:
            ref = replace(inbound.ref, message_id=newer.id)
            self.store.intake.receive(self.adapter.name, None, [ref])

    def in_tool(self, entry: Entry) -> Delivered | None:
        """The draft of an entry as it is in the tool, looked for where that is uncertain."""
        if entry.delivered is not None or entry.key is None:
            return entry.delivered
        return self.adapter.find_delivered(entry.ref, entry.key)

    def still_mine(self) -> None:
        """Just before a write into the tool. Raises LeaseLost."""
        self.store.leases.renew(self.held)

    def step(self, entry: Entry, state: State, reason: str) -> Entry:
        """Move an entry to a state, noted with its reason."""
        return self.store.ledger.step(entry, state, self.held, reason=reason)

    def later(self, entry: Entry, seconds: float, reason: str, *, tried: bool = False) -> Entry:
        """Leave an entry as it is, to be looked at again in some seconds."""
        return self.store.ledger.postpone(
            entry, self.held, seconds=seconds, reason=reason, tried=tried
        )
