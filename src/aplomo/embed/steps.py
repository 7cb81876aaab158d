"""The steps of one entry, each from a stored state to the next; whoever calls holds the lease.

received ─ claim ─► drafted ─ deliver ─► delivered        approved ─ send ─► sending ─► sent
                                                             ◄── nothing was sent ──┘
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from aplomo.brand.channel import channel_for
from aplomo.brand.model import Limit
from aplomo.decision.model import Decision
from aplomo.embed import delivery, sending
from aplomo.embed.adapter import Approved, Delivered, Inbound, Ref, draft_key
from aplomo.embed.loop import Loops, refusal
from aplomo.embed.note import payload
from aplomo.embed.review import Reviews
from aplomo.embed.store.entry import Entry, State
from aplomo.embed.thread import comment_of
from aplomo.errors import DeliveryUnknown, SendRefused, ToolUnavailable

__all__ = ["Steps"]

HOUR = 3600.0
LOOK_AGAIN = 300.0
_MODEL_FAILED = "the model failed"
_WITHOUT_NOTES = {"native_draft", "held_reply"}


@dataclass(frozen=True, kw_only=True)
class Steps(Reviews):
    """Works on one entry of one adapter."""

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
                self.review_thread(entry, inbound)
                return self.step(entry, "skipped", "its message came in another hook")
            entry = self.store.ledger.named(entry, inbound.ref, self.held)
        self.review_thread(entry, inbound)
        if (reason := refusal(inbound, self.loops)) is not None:
            self.remember_newer(inbound)
            return self.step(entry, "skipped", reason)
        return self._braked(entry) or self._draft(entry, inbound)

    def _braked(self, entry: Entry) -> Entry | None:
        """The entry as the caps on drafts leave it; None while there is room."""
        since = self.store.now() - HOUR
        count, name = self.store.ledger.drafted_since, self.adapter.name
        if count(since, name, self.held.thread) >= self.limits.per_thread_hour:
            reason = f"more than {self.limits.per_thread_hour} drafts in an hour in this thread"
            return self.step(entry, "blocked", reason)
        if count(since, name) >= self.limits.per_adapter_hour:
            reason = f"more than {self.limits.per_adapter_hour} drafts in an hour: is it a loop?"
            return self.later(entry, HOUR / 6, reason)
        return None

    def _draft(self, entry: Entry, inbound: Inbound) -> Entry:
        decision = self.drafter.draft(comment_of(inbound, self.adapter.caps.channel))
        if decision.undecided and (waiting := self._model_failed(entry)) is not None:
            return waiting
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

    def _model_failed(self, entry: Entry) -> Entry | None:
        """The entry, to be tried again later; None when the model was tried often enough.

        Its failures are counted in the journal: `attempts` are the tool's, which has just worked.
        """
        reasons = [reason for _, _, reason in self.store.ledger.history(entry.id)]
        latest = takewhile(lambda reason: reason == _MODEL_FAILED, reversed(reasons))
        failures = len(list(latest))
        if failures + 1 >= self.limits.model_tries:
            return None
        due_at = self.store.now() + self.limits.wait(failures)
        return self.store.ledger.step(
            entry, entry.state, self.held, reason=_MODEL_FAILED, due_at=due_at
        )

    # drafted → delivered

    def deliver(self, entry: Entry) -> Entry:
        """Write the draft into the tool, if the thread still waits for it."""
        assert entry.key is not None
        assert entry.decision_id is not None
        inbound = self.adapter.fetch(entry.ref)
        if (moved := self.moved_on(entry, inbound)) is not None:
            return moved
        record = self.store.records.get(entry.decision_id)
        if record is None:
            return self.step(entry, "blocked", "its decision is no longer kept")
        if self.adapter.caps.shape == "queue_only":
            return self.step(entry, "delivered", "")
        draft = payload(
            record,
            entry.key,
            protocol=self.drafter.kit.protocol,
            lang=self.lang,
            replaces=self._replaced(entry),
        )
        found = delivery.deliver(self.adapter, inbound, draft, before_write=self.still_mine)
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
        return self.in_tool(drafts[-1]) if drafts else None

    # approved → sent

    def send(self, entry: Entry) -> Entry:
        """Send what a person approved, where there is a credential for it.

        Elsewhere the person sends it in the tool; look now and then whether they have. Raises
        ToolUnavailable, approved as before, when surely nothing was sent.
        """
        if not self.adapter.can_send or entry.key is None:
            seen = self.review(entry)
            return seen if seen.state != "approved" else self.later(seen, LOOK_AGAIN, seen.reason)
        given = self.store.records.approval(entry.id)
        inbound = self.adapter.fetch(entry.ref)
        try:
            approval = sending.require_sendable(
                self.adapter, inbound, given, loops=self.loops, limits=self.lengths
            )
        except SendRefused as refused:
            return self.step(entry, "blocked", f"not sent: {refused}")
        key, tried = entry.key, entry.attempts
        entry = self.step(entry, "sending", "")
        approved = Approved(inbound=inbound, delivered=entry.delivered, approval=approval)
        try:
            sent = sending.send(self.adapter, approved, key)
        except ToolUnavailable as error:
            self.store.ledger.step(
                entry, "approved", self.held, reason=f"nothing was sent: {error}", attempts=tried
            )
            raise
        except DeliveryUnknown as error:
            return self.step(entry, "blocked", f"look whether it was sent: {error}")
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
        return self.step(entry, "blocked", "interrupted while sending: look whether it was sent")

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


def _version(decision: Decision) -> str:
    return f"{decision.protocol['id']}@{decision.protocol['version']}"
