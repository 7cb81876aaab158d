"""Run a suite: every case through the protocol, each call answered from the recordings.

A replay is offline, needs neither weights nor key, and gives the same results every time. A call
without a recording ends its case, loudly.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime

from aplomo.decision.model import Decision
from aplomo.embed.drafter import Drafter
from aplomo.errors import AplomoError, ConfigError, UsageError
from aplomo.evals.cases import Case, Suite, check_against
from aplomo.evals.judge import PROMPTS, Judge
from aplomo.evals.lock import Lock, load_lock
from aplomo.evals.place import Place, find_suite
from aplomo.evals.recording.asking import Traced, on_behalf_of
from aplomo.evals.result import CaseResult, Judgement
from aplomo.llm.retry import RetryPolicy
from aplomo.prompt import fence, load_prompt
from aplomo.workspace import Workspace

__all__ = ["Bench", "Progress", "open_benches", "run_case", "run_cases"]

Progress = Callable[[CaseResult], object]
"""Called with each result, as soon as it is there."""

# The attempts decide which requests are made, so no setting of a machine may change them.
POLICY = RetryPolicy(attempts=3, timeout=600.0, deadline=1800.0)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One suite under one protocol, ready to run."""

    suite: Suite
    place: Place
    workspace: Workspace
    lock: Lock | None

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.suite.name}/{self.place.protocol}"

    def drafter(self, model: Traced, today: date | None = None) -> Drafter:
        """A Drafter on `model` that remembers nothing and lives on the lock's day."""
        day = today or (self.lock.today if self.lock else datetime.now(UTC).date())
        return Drafter(
            workspace=self.workspace,
            protocol=self.place.protocol,
            model=model,
            policy=POLICY,
            today=lambda: day,
            remember=0,
            write=self.suite.drafting,
        )

    def judge(self, drafter: Drafter) -> Judge | None:
        """Who judges the drafts of `drafter`; None unless the suite asks for it."""
        if not self.suite.judge:
            return None
        folders = self.workspace.folders("prompts")
        prompts = {name: load_prompt(name, folders) for name in PROMPTS}
        return Judge(model=drafter.model, kit=drafter.kit, policy=POLICY, prompts=prompts)

    def chosen(self, ids: Collection[str] = ()) -> tuple[Case, ...]:
        """The cases to run: those named, else those that the suite plays. Raises UsageError."""
        if unknown := sorted(set(ids) - {case.id for case in self.suite.cases}):
            raise UsageError(f"no case {', '.join(unknown)} in the suite {self.suite.name}")
        if ids:
            return tuple(case for case in self.suite.cases if case.id in ids)
        return self.suite.played

    def locked(self) -> Lock:
        """The lock. Raises ConfigError when nothing was recorded."""
        if self.lock is None:
            hint = f"record it: aplomo evals record {self.suite.name} --all"
            raise ConfigError(f"{self.name} has no recordings", hint=hint)
        return self.lock


def open_benches(
    named: str, protocols: Sequence[str] = (), workspace: Workspace | None = None
) -> list[Bench]:
    """The suite `named` under each protocol that it is recorded under, or under those given.

    Raises UsageError when there is no such suite, or when it is not labelled for a protocol given,
    DocumentError when a label names what no protocol has.
    """
    here = workspace or Workspace.find()
    folder, suite = find_suite(named, here)
    check_against(suite.cases, map(here.protocol, suite.protocols))
    for name in protocols:
        if name not in suite.protocols:
            hint = f"its protocols: {', '.join(suite.protocols)}"
            raise UsageError(f"the suite {suite.name} is not labelled for '{name}'", hint=hint)
    places = [Place(suite=folder, protocol=name) for name in protocols or suite.recorded]
    return [
        Bench(suite=suite, place=place, workspace=here, lock=load_lock(place.lock))
        for place in places
    ]


def run_cases(
    cases: Sequence[Case],
    drafter: Drafter,
    suite: str,
    *,
    judge: Judge | None = None,
    concurrency: int = 1,
    progress: Progress | None = None,
) -> tuple[CaseResult, ...]:
    """The result of every case, in order; at most `concurrency` are in work.

    Cases with the same comment follow each other, so that what they share is asked for once.
    """
    results: dict[str, CaseResult] = {}

    def group(members: Iterable[Case]) -> None:
        for case in members:
            results[case.id] = run_case(case, drafter, suite, judge)
            if progress:
                progress(results[case.id])

    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(fence(case.comment.text), []).append(case)
    if concurrency == 1:
        group(cases)
    else:
        _in_threads(group, groups.values(), concurrency)
    return tuple(results[case.id] for case in cases)


def run_case(case: Case, drafter: Drafter, suite: str, judge: Judge | None = None) -> CaseResult:
    """Run one case. Whatever goes wrong in it is its error, and a missing recording its miss."""
    from aplomo.evals.recording.cassette import Unrecorded

    started = time.monotonic()
    decision: Decision | None = None
    error, missed = None, False
    with on_behalf_of(case.id) as who:
        try:
            decision = drafter.draft(case.comment)
        except Unrecorded as miss:
            error, missed = str(miss), True
        except AplomoError as failure:
            error = str(failure)
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
        seconds = time.monotonic() - started
        judgement = _judged(judge, decision) if judge and decision else None
    return CaseResult(
        case=case.id,
        suite=suite,
        protocol=drafter.kit.protocol.id,
        decision=decision.to_dict() if decision else None,
        error=error,
        missed=missed,
        calls=tuple(who.calls),
        judgement=judgement,
        seconds=seconds,
    )


def _judged(judge: Judge, decision: Decision) -> Judgement | None:
    """What the judge says. A call of its own without a recording spoils no case."""
    from aplomo.evals.recording.cassette import Unrecorded

    try:
        return judge.judge(decision)
    except Unrecorded:
        return Judgement(verdict="missing", reason="its call has no recording")
    except Exception as failure:
        return Judgement(verdict="unsure", reason=f"{type(failure).__name__}: {failure}")


def _in_threads(
    work: Callable[[Iterable[Case]], None], groups: Iterable[list[Case]], concurrency: int
) -> None:
    pool = ThreadPoolExecutor(max_workers=concurrency)
    try:
        for done in [pool.submit(work, members) for members in groups]:
            done.result()
    finally:
        # Whoever records takes its hands off the clients next: no call may be under way then.
        pool.shutdown(wait=True, cancel_futures=True)
