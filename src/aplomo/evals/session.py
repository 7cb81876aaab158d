"""A suite opened for replay: cases can be run one by one, and the whole is judged at the end."""

import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from functools import cached_property

from aplomo.evals.cases import Case
from aplomo.evals.lock import ModelLock
from aplomo.evals.parts import parts_of
from aplomo.evals.recording.asking import Asking
from aplomo.evals.recording.cassette import Missed, Unrecorded, playing
from aplomo.evals.recording.key import SHORT
from aplomo.evals.recording.nearest import difference, nearest
from aplomo.evals.recording.offline import offline
from aplomo.evals.recording.tape import Recording, Tape
from aplomo.evals.replay import replay_model
from aplomo.evals.result import JUDGE, CaseResult, RunResult
from aplomo.evals.run import Bench, Progress, run_case, run_cases

__all__ = ["Session", "replay"]

EXPLAINED = 25
"""Misses whose nearest recording is looked for; after so many, one more tells nothing new."""


class Session:
    """A bench with its recordings loaded and the network shut; use it as a context manager.

    `tape` stands in for the recordings on disk, `model` and `today` for the locked ones, `before`
    for the recordings that the lock names. `missed` decides what becomes of a call without a
    recording: by default it ends its case.

    Raises ConfigError when there are no recordings or they are damaged, UsageError when another
    suite is open in this process.
    """

    def __init__(
        self,
        bench: Bench,
        *,
        tape: Tape | None = None,
        model: ModelLock | None = None,
        missed: Missed | None = None,
        today: date | None = None,
        before: Iterable[Recording] | None = None,
    ) -> None:
        self.bench = bench
        self.tape = Tape(bench.place.store.load()) if tape is None else tape
        settings = bench.workspace.model_settings()
        self._model = model or bench.locked().model
        self.drafter = bench.drafter(replay_model(self._model, settings), today)
        self.judge = bench.judge(self.drafter)
        self._missed = missed or self._explain
        self._before = before
        self._explained = 0
        self._began = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._open = ExitStack()

    def __enter__(self) -> "Session":
        any_client = self._model.kind == "langchain"
        self._open.enter_context(playing(self.tape, self._missed, any_client=any_client))
        self._open.callback(self.drafter.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, case: Case) -> CaseResult:
        """Run one case."""
        with offline():
            return run_case(case, self.drafter, self.bench.suite.name, self.judge)

    def run_all(
        self, cases: Sequence[Case], *, concurrency: int = 1, progress: Progress | None = None
    ) -> tuple[CaseResult, ...]:
        """Run the cases, in their order."""
        with offline():
            return run_cases(
                cases,
                self.drafter,
                self.bench.suite.name,
                judge=self.judge,
                concurrency=concurrency,
                progress=progress,
            )

    @cached_property
    def stale(self) -> tuple[int, ...]:
        """The rounds whose calibration was fitted under another prompt."""
        protocol, rounds = self.drafter.kit.protocol, self.drafter.kit.rounds
        if rounds is None:
            return ()
        asked = [rounds.round(number) for number in protocol.rounds]
        return tuple(one.number for one in asked if rounds.calibration(one).status == "stale")

    @property
    def parts(self) -> dict[str, str]:
        """The hashes of what the requests of this session are made of."""
        return parts_of(self.drafter.kit, self.judge.prompts if self.judge else {})

    def result(self, results: Sequence[CaseResult]) -> RunResult:
        """What the run came to; recordings count as unplayed only when every case has run."""
        kit = self.drafter.kit
        ran = {result.case for result in results}
        full = all(case.id in ran for case in self.bench.chosen())
        return RunResult(
            suite=self.bench.suite.name,
            protocol=kit.protocol.id,
            protocol_sha256=kit.protocol.sha256,
            model=self.drafter.model.name,
            started=self._started,
            full=full,
            results=tuple(results),
            prompts={name: prompt.sha256 for name, prompt in kit.prompts.items()},
            stale=self.stale,
            served=self.tape.served,
            missed=sum(result.missed for result in results),
            unplayed=len(self._orphans()) if full else 0,
            seconds=time.monotonic() - self._began,
        )

    def _orphans(self) -> list[Recording]:
        """The recordings nobody asked for; a judge's, which are nobody's failure, left out."""
        cases = self.bench.lock.cases.values() if self.bench.lock else ()
        calls = (call for case in cases for call in case.calls)
        judges = {key for purpose, key in calls if purpose.startswith(JUDGE)}
        return [one for one in self.tape.unplayed() if one.key[:SHORT] not in judges]

    def _explain(self, who: Asking, body: str) -> Recording:
        """Raise Unrecorded: who asked in vain, and what is different."""
        told = f"{who.place}: this call has no recording"
        self._explained += 1
        if self._explained > EXPLAINED or who.purpose.startswith(JUDGE):
            raise Unrecorded(told)
        near = self.recorded_before(who) or nearest(body, self._all)
        if near is None:
            raise Unrecorded(f"{told}, and there is none that is like it")
        if near.body == body:
            raise Unrecorded(f"{told} left: each of its answers is played already")
        raise Unrecorded(f"{told}; the nearest one differs in\n{difference(near.body, body)}")

    def recorded_before(self, who: Asking) -> Recording | None:
        """The recording that this case made, when last recorded, of the call it is making now."""
        case = self.bench.lock.cases.get(who.case) if self.bench.lock else None
        if case is None:
            return None
        done = sum(call.purpose == who.purpose for call in who.calls)
        keys = [key for purpose, key in case.calls if purpose == who.purpose]
        return self._by_short_key.get(keys[done]) if done < len(keys) else None

    @cached_property
    def _all(self) -> list[Recording]:
        return list(self.tape)

    @cached_property
    def _by_short_key(self) -> dict[str, Recording]:
        known = self._all if self._before is None else list(self._before)
        return {one.key[:SHORT]: one for one in reversed(known)}


def replay(
    bench: Bench,
    ids: Collection[str] = (),
    *,
    concurrency: int = 1,
    progress: Progress | None = None,
) -> RunResult:
    """Replay the suite, or the cases named."""
    with Session(bench) as session:
        cases = bench.chosen(ids)
        return session.result(session.run_all(cases, concurrency=concurrency, progress=progress))
