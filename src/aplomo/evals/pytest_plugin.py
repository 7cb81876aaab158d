"""pytest plugin: with `--aplomo-evals`, every case of every suite found is a test.

A case fails when it is worse than its baseline: it ends in an error, or a verdict that passed does
no more. A case without a baseline fails when it is not right.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from aplomo.evals.baseline import Baseline
    from aplomo.evals.cases import Case
    from aplomo.evals.run import Bench
    from aplomo.evals.session import Session

__all__ = ["pytest_addoption", "pytest_collect_file", "pytest_configure", "pytest_unconfigure"]

_CASES = "cases.yaml"
_OPTION = "--aplomo-evals"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("aplomo").addoption(
        _OPTION,
        choices=("replay", "misses", "all"),
        help="Run the cases of every cases.yaml found: replay what is recorded (offline), or first"
        " record what is missing (misses) or everything (all).",
    )


def pytest_configure(config: pytest.Config) -> None:
    """One suite is open at a time; recording is for one process."""
    config.stash[_OPEN] = _Opened()
    mode = config.getoption(_OPTION)
    spread = getattr(config.option, "numprocesses", None) or hasattr(config, "workerinput")
    if mode in ("misses", "all") and spread:
        raise pytest.UsageError(f"{_OPTION}={mode} records: it runs in one process, without -n")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close what is open."""
    if (opened := config.stash.get(_OPEN, None)) is not None:
        opened.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A case file is a collector, when asked for."""
    if file_path.name != _CASES or not parent.config.getoption(_OPTION):
        return None
    made: Any = SuiteFile
    return made.from_parent(parent, path=file_path)


class SuiteFile(pytest.File):
    """A `cases.yaml`: each case under each protocol is an item."""

    def collect(self) -> Iterator[pytest.Item]:
        """The items, protocol by protocol. Whatever is refused is the collector's error."""
        from aplomo.errors import AplomoError
        from aplomo.evals.run import open_benches
        from aplomo.workspace import Workspace

        try:
            benches = open_benches(
                str(self.path.parent), workspace=Workspace.find(self.path.parent)
            )
            for opened in benches:
                bench = self._recorded(opened)
                shared = _Shared(bench)
                for case in bench.chosen():
                    name = f"{bench.place.protocol}/{case.id}"
                    made: Any = CaseItem
                    yield made.from_parent(self, name=name, case=case, shared=shared)
        except AplomoError as error:
            hint = f" ({error.hint})" if error.hint else ""
            raise self.CollectError(f"{error}{hint}") from None

    def _recorded(self, bench: "Bench") -> "Bench":
        """The bench, once what the mode asks for is recorded: with the lock written by that."""
        mode = self.config.getoption(_OPTION)
        if mode == "replay" or self.config.option.collectonly:
            return bench
        from aplomo.evals.lock import load_lock
        from aplomo.evals.record import Recorder, exclusive
        from aplomo.evals.survey import survey

        with exclusive(bench.place.store):
            settings = bench.workspace.model_settings()
            recorder = Recorder(bench, settings, everything=mode == "all", whole=True)
            try:
                before = bench.place.store.load()
                found = survey(bench, recorder.model_lock, recorder.tape, (), before=before)
                wanted = bench.chosen(found.cases) if found.cases else ()
                recorder.record(wanted, bench.chosen())
            finally:
                recorder.model.close()
        return replace(bench, lock=load_lock(bench.place.lock))


class CaseItem(pytest.Item):
    """One case under one protocol."""

    def __init__(self, *, case: "Case", shared: "_Shared", **rest: Any) -> None:
        base: Any = super()
        base.__init__(**rest)
        self.case = case
        self.shared = shared

    def runtest(self) -> None:
        """Replay the case and judge it."""
        from aplomo.evals.report.words import way
        from aplomo.evals.result import stale_words
        from aplomo.evals.snapshot import judged

        session = self.config.stash[_OPEN].session(self.shared.bench)
        if session.stale:
            suite, place = self.shared.bench.suite, self.shared.bench.place.protocol
            splits = {case.split for case in suite.played}
            raise Worse(stale_words(suite.name, place, session.stale, splits))
        [one] = judged([self.case], [session.run(self.case)])
        told = {"suite": self.shared.bench.suite.name, "protocol": one.result.protocol}
        told |= {"way": way(one.snapshot), "state": one.snapshot.state}
        told |= {verdict.name: verdict.state for verdict in one.verdicts}
        if one.result.judgement is not None:
            told["judge"] = one.result.judgement.verdict
        self.user_properties.extend(told.items())
        if reasons := list(self.shared.worse(one)):
            raise Worse("\n".join(reasons))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """A case that is worse needs no traceback."""
        if isinstance(excinfo.value, Worse):
            return f"“{self.case.comment.text}”\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is written."""
        return self.path, self.case.line - 1, self.name


class Worse(Exception):
    """A case is worse than its baseline, or not right."""


class _Shared:
    """What the items of one bench share: the bench and its baseline, read when first needed."""

    def __init__(self, bench: "Bench") -> None:
        from aplomo.evals.baseline import load_baseline

        self.bench = bench
        self.baseline: Baseline | None = load_baseline(bench.place.baseline)

    def worse(self, one: Any) -> Iterator[str]:
        """Why the case fails."""
        if one.snapshot.error is not None:
            yield one.snapshot.error
            return
        before = self.baseline.cases.get(one.case.id) if self.baseline else None
        unknown = "it is not in the baseline" if self.baseline else "there is no baseline"
        for verdict in one.verdicts:
            was = before.verdicts.get(verdict.name) if before else None
            if verdict.state != "pass" and (was == "pass" or was is None):
                known = "it passed in the baseline" if was else unknown
                yield (
                    f"{verdict.name}: {verdict.state}, expected {verdict.expected}, got"
                    f" {verdict.got} ({known})"
                )


class _Opened:
    """The suite that is open in this process: recordings of two cannot be played at once."""

    def __init__(self) -> None:
        self._bench: Bench | None = None
        self._session: Session | None = None

    def session(self, bench: "Bench") -> "Session":
        """The session of `bench`; another one is closed for it."""
        from aplomo.evals.session import Session

        if self._session is None or self._bench is not bench:
            self.close()
            self._session = Session(bench).__enter__()
            self._bench = bench
        return self._session

    def close(self) -> None:
        """Close the session that is open, if any."""
        if self._session is not None:
            self._session.__exit__()
        self._session = self._bench = None


_OPEN = pytest.StashKey[_Opened]()
