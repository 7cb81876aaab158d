"""The steps of one entry, each from a stored state to the next; whoever calls holds the lease.

received ─ claim ─► drafted ─ deliver ─► delivered        approved ─ send ─► sending ─► sent
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aplomo.brand.channel import channel_for
from aplomo.brand.model import Limit
from aplomo.decision.model import Decision
from aplomo.embed import delivery, sending
from aplomo.embed.adapter import Adapter, Approval, Approved, Delivered, Inbound, Ref, draft_key
from aplomo.embed.brakes import Limits
from aplomo.embed.drafter import Drafter
from aplomo.embed.loop import Loops, refusal
from aplomo.embed.note import payload
from aplomo.embed.store.entry import Entry, State
from aplomo.embed.store.leases import Lease
from aplomo.embed.store.store import Store
from aplomo.embed.thread import answered, comment_of, newer_message, seen_from
from aplomo.errors import DeliveryUnknown, SendRefused

__all__ = ["Steps"]

HOUR = 3600.0
LOOK_AGAIN = 300.0
_WITHOUT_NOTES = {"native_draft", "held_reply"}


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Works on one entry of one adapter. `lang` is the agents' language, None for the comment's."""

    store: Store
    adapter: Adapter
    drafter: Drafter
    limits: Limits
    held: Lease
    lang: str | None = None

    def advance(self, entry: Entry) -> Entry:
        """Take every step that needs no person."""
        steps: dict[State, Callable[[Entry], Entry]] = {
            "received": self.claim,
            "drafted": self.deliver,
            "approved": self.send,
            "sending": self.was_it_sent,
        }
        while (step := steps.get(entry.state)) is not None:
            moved = step(entry)
            if moved.state == entry.state:
                return moved
            entry = moved
        return entry

    # received → drafted

    def claim(self, entry: Entry) -> Entry:
        """Decide whether this message may be answered, and draft for it."""
        inbound = self.adapter.fetch(entry.ref)
        if entry.ref.message_id != inbound.ref.message_id:
            if self.store.ledger.of_message(inbound.ref) is not None:
                self._review_thread(entry, inbound)
                return self._step(entry, "skipped", "its message came in another hook")
            entry = self.store.ledger.named(entry, inbound.ref, self.held)
        self._review_thread(entry, inbound)
        if (reason := refusal(inbound, self.loops)) is not None:
            self._remember_newer(inbound)
            return self._step(entry, "skipped", reason)
        return self._braked(entry) or self._draft(entry, inbound)

    def _braked(self, entry: Entry) -> Entry | None:
        """The entry as the caps on drafts leave it; None while there is room."""
        since = self.store.now() - HOUR
        count, name = self.store.ledger.drafted_since, self.adapter.name
        if count(since, name, self.held.thread) >= self.limits.per_thread_hour:
            reason = f"more than {self.limits.per_thread_hour} drafts in an hour in this thread"
            return self._step(entry, "blocked", reason)
        if count(since, name) >= self.limits.per_adapter_hour:
            reason = f"more than {self.limits.per_adapter_hour} drafts in an hour: is it a loop?"
            return self._later(entry, HOUR / 6, reason)
        return None

    def _draft(self, entry: Entry, inbound: Inbound) -> Entry:
        decision = self.drafter.draft(comment_of(inbound, self.adapter.caps.channel))
        if decision.undecided and entry.attempts + 1 < self.limits.model_tries:
            return self._later(
                entry, self.limits.wait(entry.attempts), "the model failed", tried=True
            )
        record = decision.to_dict()

        def kept(state: State, reason: str, **values: str) -> Entry:
            return self.store.ledger.step(
                entry,
                state,
                self.held,
                reason=reason,
                also=lambda connection: self.store.records.add(record, connection),
                decision_id=decision.id,
                **values,
            )

        if decision.status == "no_reply":
            return kept("silent", decision.outcome.id if decision.outcome else "")
        if decision.status == "needs_human" and self.adapter.caps.shape in _WITHOUT_NOTES:
            return kept("blocked", "needs a person, and the tool has no place for a note")
        return kept("drafted", "", key=draft_key(inbound.ref, _version(decision)))

    # drafted → delivered

    def deliver(self, entry: Entry) -> Entry:
        """Write the draft into the tool, if the thread still waits for it."""
        assert entry.key is not None
        assert entry.decision_id is not None
        inbound = self.adapter.fetch(entry.ref)
        if (moved := self._moved_on(entry, inbound)) is not None:
            return moved
        record = self.store.records.get(entry.decision_id)
        if record is None:
            return self._step(entry, "blocked", "its decision is no longer kept")
        if self.adapter.caps.shape == "queue_only":
            return self._step(entry, "delivered", "")
        draft = payload(
            record,
            entry.key,
            protocol=self.drafter.kit.protocol,
            lang=self.lang,
            replaces=self._replaced(entry),
        )
        found = delivery.deliver(self.adapter, inbound, draft, before_write=self._still_mine)
        return self.store.ledger.step(
            entry,
            "delivered",
            self.held,
            reason=f"the tool did not store: {', '.join(found.missing)}" if found.missing else "",
            wrote=found.id,
            delivered_id=found.id,
            delivered_url=found.url,
        )

    def _replaced(self, entry: Entry) -> Delivered | None:
        """Our latest superseded draft in the thread, looked for where its write was uncertain."""
        before = self.store.ledger.thread(entry.ref, ["superseded"])
        drafts = [other for other in before if other.key is not None and other.id != entry.id]
        return self._in_tool(drafts[-1]) if drafts else None

    def _in_tool(self, entry: Entry) -> Delivered | None:
        if entry.delivered is not None or entry.key is None:
            return entry.delivered
        return self.adapter.find_delivered(entry.ref, entry.key)

    def _still_mine(self) -> None:
        self.store.leases.renew(self.held)

    # What a person or the customer does in the tool.

    def review(self, entry: Entry) -> Entry:
        """Look whether a delivered draft was approved, or the thread has moved on."""
        if (delivered := entry.delivered) is not None:
            given = self.adapter.approval(delivered)
            if given is not None and self._new(entry, given):
                approved = self.store.ledger.step(
                    entry,
                    "approved",
                    self.held,
                    reason=f"by {given.by.name or given.by.id}: {given.how}",
                    also=lambda connection: self.store.records.approve(entry.id, given, connection),
                )
                return self._step(approved, "sent", "by the person") if given.sent else approved
        return self._moved_on(entry, self.adapter.fetch(entry.ref)) or entry

    def _new(self, entry: Entry, given: Approval) -> bool:
        """A person's approval, not our own, that says more than the one already stored."""
        return given.by.id not in self.adapter.own_ids and (
            given.sent or entry.state == "delivered"
        )

    def _review_thread(self, entry: Entry, inbound: Inbound) -> None:
        """A hook in a thread is news about our drafts there."""
        for other in self.store.ledger.thread(entry.ref, ["delivered", "approved"]):
            seen = seen_from(inbound, other.ref.message_id)
            if other.id != entry.id and (seen is None or answered(seen) or seen.closed):
                self.review(other)

    def _moved_on(self, entry: Entry, inbound: Inbound) -> Entry | None:
        """The entry as stale or superseded; None while the thread still waits."""
        if answered(inbound) or inbound.closed:
            self.withdraw(entry)
            reason = "a person has answered" if answered(inbound) else "the thread was closed"
            return self._step(entry, "stale", reason)
        if newer_message(inbound) is not None:
            self._remember_newer(inbound)
            return self._step(entry, "superseded", "a newer message of the customer")
        return None

    def withdraw(self, entry: Entry) -> None:
        """Take the draft out of the tool, if it is there."""
        if (delivered := self._in_tool(entry)) is not None:
            self._still_mine()
            delivery.withdraw(self.adapter, delivered)

    def _remember_newer(self, inbound: Inbound) -> None:
        """A newer message is an event of its own, also when its hook was lost."""
        if (newer := newer_message(inbound)) is not None:
            ref = replace(inbound.ref, message_id=newer.id)
            self.store.intake.receive(self.adapter.name, None, [ref])

    # approved → sent

    def send(self, entry: Entry) -> Entry:
        """Send what a person approved, where there is a credential for it.

        Elsewhere the person sends it in the tool; look now and then whether they have.
        """
        if not self.adapter.can_send or entry.key is None:
            seen = self.review(entry)
            return seen if seen.state != "approved" else self._later(seen, LOOK_AGAIN, seen.reason)
        given = self.store.records.approval(entry.id)
        inbound = self.adapter.fetch(entry.ref)
        try:
            approval = sending.require_sendable(
                self.adapter, inbound, given, loops=self.loops, limits=self.lengths
            )
        except SendRefused as refused:
            return self._step(entry, "blocked", f"not sent: {refused}")
        key = entry.key
        entry = self._step(entry, "sending", "")
        approved = Approved(inbound=inbound, delivered=entry.delivered, approval=approval)
        try:
            sent = sending.send(self.adapter, approved, key)
        except DeliveryUnknown as error:
            return self._step(entry, "blocked", f"look whether it was sent: {error}")
        return self.store.ledger.step(entry, "sent", self.held, wrote=sent.id, sent_id=sent.id)

    def was_it_sent(self, entry: Entry) -> Entry:
        """After an interruption: look; never send again."""
        given = self.store.records.approval(entry.id)
        if given is not None and entry.key is not None:
            inbound = self.adapter.fetch(entry.ref)
            approved = Approved(inbound=inbound, delivered=entry.delivered, approval=given[0])
            if (sent := sending.find_sent(self.adapter, approved, entry.key)) is not None:
                return self.store.ledger.step(
                    entry, "sent", self.held, wrote=sent.id, sent_id=sent.id
                )
        return self._step(entry, "blocked", "interrupted while sending: look whether it was sent")

    @property
    def lengths(self) -> Sequence[Limit]:
        """What a reply may measure: the channel's limits and the tool's own."""
        channel = channel_for(self.drafter.kit.brand, self.adapter.caps.channel)
        return (*channel.limits, *self.adapter.caps.limits)

    @property
    def loops(self) -> Loops:
        """What the loop rules know of us."""
        place = Ref(adapter=self.adapter.name, account=self.adapter.account, thread_id="")
        return Loops(
            own_ids=self.adapter.own_ids,
            wrote=lambda message_id: self.store.ledger.wrote(place, message_id),
        )

    def _step(self, entry: Entry, state: State, reason: str) -> Entry:
        return self.store.ledger.step(entry, state, self.held, reason=reason)

    def _later(self, entry: Entry, seconds: float, reason: str, *, tried: bool = False) -> Entry:
        return self.store.ledger.postpone(
            entry, self.held, seconds=seconds, reason=reason, tried=tried
        )


def _version(decision: Decision) -> str:
    return f"{decision.protocol['id']}@{decision.protocol['version']}"
