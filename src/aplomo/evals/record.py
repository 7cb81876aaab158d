"""Record a suite: ask the model what has no recording, keep each answer at once, verify by replay.

An interruption loses no finished call, a second process is refused, errors are never kept, and
only a full run without a miss removes what is no longer asked for (it is put aside, so that taking
a change back costs nothing and gives the same bytes).
"""

import shutil
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from aplomo.answer.ladder import SILENCE
from aplomo.errors import AplomoError, ModelUnavailable, UsageError
from aplomo.evals.cases import Case
from aplomo.evals.lock import CaseLock, Lock, ModelLock, libraries, save_lock
from aplomo.evals.recording.asking import Traced
from aplomo.evals.recording.cassette import recording, today
from aplomo.evals.recording.key import SHORT
from aplomo.evals.recording.store import Store
from aplomo.evals.recording.tape import Place, Recording, Tape
from aplomo.evals.replay import locked_model, recording_model
from aplomo.evals.result import CaseResult, RunResult
from aplomo.evals.run import Bench, Progress, run_cases
from aplomo.evals.session import Session
from aplomo.llm.settings import ModelSettings

__all__ = ["Recorder", "exclusive"]

ROUNDS = 5
"""Passes over what is still missing, before the rest is left for another day."""

HOPELESS = 3
"""Cases in a row for which the model gives nothing: then it is not asked on."""


@contextmanager
def exclusive(store: Store) -> Generator[None]:
    """Keep other processes from recording here. Raises UsageError when one already does."""
    from filelock import FileLock, Timeout

    store.prepare()
    try:
        with FileLock(store.work / "lock", timeout=0):
            yield
    except Timeout:
        raise UsageError(
            "another process is recording this suite", hint="wait for it to end"
        ) from None


class Recorder:
    """Records one bench with the model that `settings` name; `everything`, also what is there.

    Use within `exclusive`. `whole` says that all cases are meant. Recording everything collects
    the answers beside the old recordings, which stay until the new ones are whole.
    """

    def __init__(
        self, bench: Bench, settings: ModelSettings, *, everything: bool, whole: bool
    ) -> None:
        self.bench = bench
        self.everything = everything
        self.model: Traced = recording_model(settings)
        self._settings = settings
        self._whole = whole
        self._main = bench.place.store
        beside = self._main.work / "all"
        self._store = Store(beside / "recordings", beside) if everything else self._main
        self.tape = Tape(self._store.load(), aside=() if everything else self._main.aside())
        lock = bench.lock
        if lock and not (everything and whole) and not _alike(self.model_lock, lock.model):
            raise UsageError(
                f"{bench.name} was recorded with {lock.model.name}, not {self.model.name}",
                hint=f"for a new model: aplomo evals record {bench.suite.name} --all",
            )
        self.today = today() if lock is None or (everything and whole) else lock.today
        self.kept = 0
        self._silent = 0

    @property
    def model_lock(self) -> ModelLock:
        """How the model is asked, as far as it is known."""
        asked, lock = locked_model(self._settings, self.model), self.bench.lock
        if lock is None or not _alike(asked, lock.model):
            return asked
        return replace(lock.model, refused=asked.refused or lock.model.refused)

    def record(
        self,
        cases: Sequence[Case],
        verify: Sequence[Case],
        *,
        concurrency: int = 1,
        progress: Progress | None = None,
    ) -> RunResult:
        """Record what `cases` lack, then replay `verify`: the whole suite, or the same cases.

        Raises ModelUnavailable when the model gives nothing, AplomoError when a replay does not
        give what was recorded.
        """
        waiting: Sequence[Case] = cases
        rounds = ROUNDS
        while True:
            before, rounds = self.kept, rounds - 1
            live = self._ask(waiting, concurrency, progress)
            result, parts = self._replayed(verify)
            self._compare(live, result)
            missed = {one.case for one in result.results if one.unrecorded}
            waiting = [case for case in verify if case.id in missed]
            if not waiting or self.kept == before or not rounds:
                return self._ended(result, parts, missed=bool(waiting))

    def _ended(self, result: RunResult, parts: Mapping[str, str], *, missed: bool) -> RunResult:
        whole = self._whole and not missed
        if self.everything and missed:
            return result  # the old recordings stay, and the new ones wait for the rest
        self._save(whole=whole)
        self._lock(result, parts, whole=whole)
        return result

    def _ask(
        self, cases: Sequence[Case], concurrency: int, progress: Progress | None
    ) -> tuple[CaseResult, ...]:
        """One pass with the model; whatever ends it, what it has got is on the disk."""

        def told(result: CaseResult) -> None:
            self._give_up_when_hopeless(result)
            if progress:
                progress(result)

        drafter = self.bench.drafter(self.model, self.today)
        try:
            any_client = self.model_lock.kind == "langchain"
            with recording(self.tape, self._keep, any_client=any_client):
                return run_cases(
                    cases,
                    drafter,
                    self.bench.suite.name,
                    judge=self.bench.judge(drafter),
                    concurrency=concurrency,
                    progress=told,
                )
        finally:
            if not self.everything:
                self._main.save(self.tape)

    def _keep(self, one: Recording) -> None:
        self._store.note(one)
        self.kept += 1

    def _replayed(self, cases: Sequence[Case]) -> tuple[RunResult, dict[str, str]]:
        self.tape.rewind()
        with Session(
            self.bench, tape=self.tape, model=self.model_lock, today=self.today
        ) as session:
            result = session.result(session.run_all(cases))
            return result, session.parts

    def _compare(self, live: Sequence[CaseResult], replayed: RunResult) -> None:
        """What was decided live must be what the recordings say."""
        again = {result.case: result for result in replayed.results}
        for one in live:
            other = again[one.case]
            if one.error or other.error or _lasting(one) == _lasting(other):
                continue
            raise AplomoError(
                f"the replay of case {one.case} is not what was recorded",
                where=self.bench.name,
                hint="please report this; the recordings are kept",
            )

    def _give_up_when_hopeless(self, result: CaseResult) -> None:
        notes: list[str] = (result.decision or {}).get("notes", [])
        failed = [note for note in notes if note.startswith(SILENCE)]
        self._silent = self._silent + 1 if failed and not result.calls else 0
        if self._silent >= HOPELESS:
            raise ModelUnavailable(
                f"{failed[0]} ({HOPELESS} cases in a row)",
                where=self.bench.name,
                hint="what was recorded is kept: run the same command again to go on",
            )

    def _save(self, *, whole: bool) -> None:
        """Put the recordings in place; only a whole run removes what nothing asks for any more."""
        unplayed = self.tape.unplayed()
        lost = {one.place for one in unplayed} if whole else set[Place]()
        new = [one for one in self.tape if one.place not in lost]
        if self.everything and not whole:
            again = {one.key for one in new}
            new += [one for one in self._main.load() if one.key not in again]
        elif not self.everything:
            self._main.put_aside(one for one in unplayed if whole)
        self._main.save(new)
        if self.everything:
            shutil.rmtree(self._store.work)

    def _lock(self, result: RunResult, parts: Mapping[str, str], *, whole: bool) -> None:
        old = self.bench.lock
        cases = {} if whole or old is None else dict(old.cases)
        comments = {case.id: case.comment.sha256 for case in self.bench.suite.cases}
        for one in result.results:
            if one.error is None:
                calls = tuple((call.purpose, call.key[:SHORT]) for call in one.calls)
                cases[one.case] = CaseLock(comment=comments[one.case], calls=calls)
        lock = Lock(
            suite=self.bench.suite.name,
            protocol=self.bench.place.protocol,
            recorded=max((one.on for one in self.tape), default=today().isoformat()),
            today=self.today,
            model=self.model_lock,
            parts=parts if whole or old is None else old.parts,
            libraries=libraries() if whole or old is None else old.libraries,
            cases=cases,
        )
        save_lock(self.bench.place.lock, lock)


def _alike(one: ModelLock, other: ModelLock) -> bool:
    """Whether both are asked in the same way, wherever they run."""
    return replace(one, host="", refused=()) == replace(other, host="", refused=())


def _lasting(result: CaseResult) -> Mapping[str, Any]:
    """A decision without what differs at every run."""
    decision = dict(result.decision or {})
    decision.pop("id", None)
    decision.pop("created_at", None)
    decision.pop("model", None)
    return decision | {"usage": {**decision.get("usage", {}), "seconds": 0}}
