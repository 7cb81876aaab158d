"""The outbox: messages come in, drafts go into the tools, people approve.

    receive / poll ──► process(event_id) ──► a draft in the tool ──► approve / reject

`process` is all a task engine needs to call: it may be called twice, at once, or again after a
crash. A `Worker` calls it where there is no task engine.
"""

import logging
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from aplomo.embed.adapter import Adapter, Approval, Party
from aplomo.embed.brakes import Breaker, Limits
from aplomo.embed.drafter import Drafter
from aplomo.embed.inbox import InboxSettings
from aplomo.embed.plugins import loaded_adapters
from aplomo.embed.sending import as_drafted, require_approvable
from aplomo.embed.steps import Steps
from aplomo.embed.store.entry import LIVE, OPEN, Entry, State
from aplomo.embed.store.leases import Lease, LeaseLost
from aplomo.embed.store.store import Store, open_store, store_url
from aplomo.errors import (
    AplomoError,
    DeliveryRefused,
    InputError,
    MessageGone,
    ToolError,
    ToolUnavailable,
    UsageError,
)
from aplomo.workspace import Workspace

__all__ = ["Busy", "Outbox"]

_log = logging.getLogger(__name__)

Work = Callable[[Steps, Entry], Entry]


class Busy(AplomoError):
    """A worker has the thread in hand just now."""

    code = "busy"
    exit_code = 1
    retryable = True


@dataclass(kw_only=True)
class Outbox:
    """Carries messages to drafts, and drafts to people. Safe to use from several threads.

    `adapter` gives the adapter of a name; `lang` is the agents' language (None: the comment's).
    """

    store: Store
    drafter: Drafter
    adapter: Callable[[str], Adapter]
    limits: Limits = field(default_factory=Limits)
    lang: str | None = None

    def __post_init__(self) -> None:
        self.breaker = Breaker(limits=self.limits, now=self.store.now)

    @classmethod
    def from_workspace(
        cls, workspace: Workspace | None = None, drafter: Drafter | None = None
    ) -> "Outbox":
        """The outbox of a workspace's `[inbox]` and `[adapters.NAME]` tables.

        Raises ConfigError for wrong settings, StoreError when the store cannot be opened.
        """
        place = workspace or Workspace.find()
        settings = InboxSettings.of(place)
        return cls(
            store=open_store(
                store_url(place),
                keep_text=settings.keep_text,
                lease_seconds=settings.lease_seconds,
            ),
            drafter=drafter or Drafter(workspace=place),
            adapter=loaded_adapters(place),
            limits=settings.limits,
            lang=settings.lang,
        )

    # What comes in.

    def receive(self, name: str, headers: Mapping[str, str], raw: bytes) -> list[str]:
        """Take one hook call: verified on its raw bytes, then stored; the new event ids.

        What it says is not used, only which messages it is about. Raises SignatureRefused and
        InputError; nothing is stored then.
        """
        adapter = self.adapter(name)
        lower = {key.lower(): value for key, value in headers.items()}
        delivery = adapter.verify(lower, raw)
        return self.store.intake.receive(name, delivery or None, adapter.parse(raw))

    def poll(self, name: str) -> list[str]:
        """Ask a tool what is new; the new event ids. Raises ToolError."""
        adapter = self.adapter(name)
        if not adapter.caps.poll:
            raise UsageError(f"'{name}' cannot be polled", hint="it calls a hook: aplomo serve")
        refs, after = adapter.poll(self.store.intake.cursor(name))
        return self.store.intake.polled(name, refs, after)

    # The work.

    def process(self, event_id: str) -> Entry:
        """Bring one event as far as it goes without a person, and give it as it is then.

        Idempotent, and safe to call from anywhere at any time: an event somebody else works on is
        left alone. It never raises for what went wrong outside: the entry says so, and `due_at`
        when to call again. Raises InputError for an unknown id.
        """
        return self._with_lease(event_id, OPEN, lambda steps, entry: steps.advance(entry))

    def review(self, event_id: str) -> Entry:
        """Look whether a delivered draft was approved in the tool, or has gone stale."""
        return self._with_lease(
            event_id, {"delivered"}, lambda steps, entry: steps.advance(steps.review(entry))
        )

    def entry(self, id_: str) -> Entry:
        """The entry with that event id or draft key. Raises InputError when there is none."""
        return self.store.ledger.entry(id_)

    # What people do.

    def approve(self, id_: str, *, by: Party, text: str | None = None, how: str = "here") -> Entry:
        """Record that a named person approves this exact text; by default the ready draft's.

        Raises SendRefused for what nobody may approve, Busy while a worker has the thread.
        """
        with self._mine(id_, {"delivered", "approved"}) as (entry, held, steps):
            record = self.store.records.get(entry.decision_id or "")
            words = as_drafted(record) if text is None else text
            own, limits = steps.adapter.own_ids, steps.lengths
            require_approvable(by, words, own_ids=own, limits=limits)
            given = Approval(by=by, at=datetime.now(UTC), text=words, how=how)
            return self.store.ledger.step(
                entry,
                "approved",
                held,
                reason=f"by {by.name}: {how}",
                also=lambda connection: self.store.records.approve(entry.id, given, connection),
            )

    def reject(self, id_: str, *, by: Party, reason: str = "") -> Entry:
        """Record that a named person wants no such reply; the draft leaves the tool if it can."""
        states: set[State] = {"delivered", "approved", "blocked", "drafted"}
        with self._mine(id_, states) as (entry, held, steps):
            why = f"by {by.name}" + (f": {reason}" if reason else "")
            try:
                steps.withdraw(entry)
            except ToolError as error:  # the person's word counts all the same
                why += f" (the draft may still be in the tool: {error})"
            return self.store.ledger.step(entry, "rejected", held, reason=why)

    def again(self, id_: str) -> Entry:
        """Put a blocked entry back to work; one that may have been sent stays.

        So does one whose thread has a newer draft: only the newest message is answered.
        """
        with self._mine(id_, {"blocked", "received", "drafted"}) as (entry, held, _):
            state: State = "drafted" if entry.key else "received"
            if self._may_have_been_sent(entry):
                hint = "aplomo inbox reject"
                raise UsageError("it may have been sent: look in the tool", hint=hint)
            if state in LIVE and self._others_live(entry):
                raise UsageError("the thread has a newer draft", hint="aplomo inbox")
            return self.store.ledger.step(entry, state, held, reason="tried again by a person")

    def _may_have_been_sent(self, entry: Entry) -> bool:
        """Whether a send was begun that is not known to have come to nothing."""
        states = [state for _, state, _ in self.store.ledger.history(entry.id)]
        # Back from `sending` to `approved` it goes only when surely nothing was sent.
        return any(
            state == "sending" and after != "approved" for state, after in pairwise([*states, ""])
        )

    def _others_live(self, entry: Entry) -> bool:
        return any(other.id != entry.id for other in self.store.ledger.thread(entry.ref, LIVE))

    def _waiting(self, id_: str, states: set[State]) -> Entry:
        entry = self.entry(id_)
        if entry.state not in states:
            raise UsageError(f"{entry.id} is {entry.state}: {entry.reason or 'nothing to do'}")
        return entry

    # How.

    def steps(self, entry: Entry, held: Lease) -> Steps:
        """The steps of one entry, for whoever holds the lease on its thread."""
        return Steps(
            store=self.store,
            adapter=self.adapter(entry.ref.adapter),
            drafter=self.drafter,
            limits=self.limits,
            held=held,
            lang=self.lang,
        )

    @contextmanager
    def _mine(self, id_: str, states: set[State]) -> Generator[tuple[Entry, Lease, Steps]]:
        """An entry in one of `states` with the lease on its thread, for what a person does.

        Read again under the lease: what another person did meanwhile counts. Raises Busy when the
        thread is taken, UsageError in any other state.
        """
        entry = self._waiting(id_, states)
        with self.store.leases.on(entry.ref) as held:
            if held is None:
                raise Busy("a worker has this thread in hand", hint="try again in a moment")
            entry = self._waiting(entry.id, states)
            yield entry, held, self.steps(entry, held)

    def _with_lease(self, id_: str, states: Collection[State], work: Work) -> Entry:
        """Do the work if the entry is in one of `states` and nobody else has its thread."""
        entry = self.entry(id_)
        if entry.state not in states:
            return entry
        try:
            with self.store.leases.on(entry.ref) as held:
                entry = self.entry(id_)
                if held is None or entry.state not in states:
                    return entry
                return self._guarded(entry, held, work)
        except LeaseLost:
            return self.entry(id_)

    def _guarded(self, entry: Entry, held: Lease, work: Work) -> Entry:
        """Whatever goes wrong becomes a reason on the entry, and nothing is lost."""
        name = entry.ref.adapter
        try:
            if (pause := self.breaker.pause(name)) > 0:
                if entry.state not in OPEN:
                    return entry
                reason = entry.reason or f"{name} is not answering"
                return self.store.ledger.postpone(
                    entry, held, seconds=pause, reason=reason, tried=False
                )
            done = work(self.steps(entry, held), entry)
            self.breaker.worked(name)
            return done
        except LeaseLost:
            raise
        except (MessageGone, DeliveryRefused, InputError) as error:
            self.breaker.worked(name)
            return self.store.ledger.step(self.entry(entry.id), "blocked", held, reason=str(error))
        except Exception as error:
            if isinstance(error, ToolError):
                self.breaker.failed(name)
            return self._failed(self.entry(entry.id), held, error)

    def _failed(self, entry: Entry, held: Lease, error: Exception) -> Entry:
        if entry.state not in OPEN:
            # A look at a draft that waits for a person: it waits as well as before.
            _log.warning("looking at %s failed: %s: %s", entry.id, type(error).__name__, error)
            return entry
        known = isinstance(error, AplomoError)
        reason = str(error) if known else f"{type(error).__name__}: {error}"
        if entry.attempts + 1 >= self.limits.tries:
            return self.store.ledger.step(entry, "blocked", held, reason=reason)
        after = error.retry_after if isinstance(error, ToolUnavailable) else None
        seconds = after or self.limits.wait(entry.attempts)
        return self.store.ledger.postpone(entry, held, seconds=seconds, reason=reason)
