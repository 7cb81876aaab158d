"""A run against the baseline: which cases changed, and how."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from aplomo.evals.baseline import Baseline
from aplomo.evals.cases import Case
from aplomo.evals.snapshot import Judged, Snapshot
from aplomo.evals.verdicts import State

__all__ = ["KINDS", "Change", "Comparison", "Flip", "Kind", "compare"]

Kind = Literal["broken", "error", "fixed", "path", "wording", "new", "gone"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""From what a reader must see first to what may wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One verdict that is not what it was; `before` and `after` are its states."""

    name: str
    before: State
    after: State

    @property
    def broken(self) -> bool:
        """Whether it passed and does no more."""
        return self.before == "pass"

    @property
    def fixed(self) -> bool:
        """Whether it passes now and did not."""
        return self.after == "pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One case that is not what it was.

    `kind` is the gravest thing that can be said: broken (a verdict passed and does no more), error
    (it ended in one now), fixed, path (another way through the protocol, or other answers, with no
    verdict gained or lost), wording (only the texts differ), new or gone. `case` is None when it is
    no more in the suite, `before` when it is new.
    """

    id: str
    kind: Kind
    flips: tuple[Flip, ...]
    before: Snapshot | None
    after: Snapshot | None
    case: Case | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All changes, the gravest first, and how many cases stayed as they were."""

    changes: tuple[Change, ...]
    same: int

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)

    def flips(self, name: str) -> tuple[int, int]:
        """Cases whose verdict `name` broke, and cases whose it was fixed; errors are neither."""
        flips = [
            flip
            for change in self.changes
            for flip in change.flips
            if flip.name == name and change.kind != "error"
        ]
        return sum(flip.broken for flip in flips), sum(flip.fixed for flip in flips)


def compare(
    baseline: Baseline, judged: Sequence[Judged], *, full: bool, cases: Mapping[str, Case]
) -> Comparison:
    """The run `judged` against `baseline`; in a run that is not `full`, nothing counts as gone.

    `cases` are the suite's, by id.
    """
    now = {one.case.id: one.snapshot for one in judged}
    names = [*now, *(id_ for id_ in baseline.cases if full and id_ not in now)]
    changes = [
        change
        for id_ in names
        if (change := _change(id_, baseline.cases.get(id_), now.get(id_), cases.get(id_)))
    ]
    changes.sort(key=lambda change: (KINDS.index(change.kind), change.id))
    return Comparison(changes=tuple(changes), same=len(names) - len(changes))


def _change(
    id_: str, before: Snapshot | None, after: Snapshot | None, case: Case | None
) -> Change | None:
    flips = tuple(_flips(before, after)) if before and after else ()
    kind = _kind(before, after, flips)
    if kind is None:
        return None
    return Change(id=id_, kind=kind, flips=flips, before=before, after=after, case=case)


def _kind(before: Snapshot | None, after: Snapshot | None, flips: Sequence[Flip]) -> Kind | None:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    if after.error is not None:
        return None if before.error == after.error else "error"
    if any(flip.broken for flip in flips):
        return "broken"
    if any(flip.fixed for flip in flips):
        return "fixed"
    if _way(before) != _way(after):
        return "path"
    return None if _words(before) == _words(after) else "wording"


def _flips(before: Snapshot, after: Snapshot) -> Iterator[Flip]:
    """Verdicts that stand in both and differ; a label that is new or gone flips nothing."""
    for name, was in before.verdicts.items():
        now = after.verdicts.get(name, "error" if after.error is not None else was)
        if now != was:
            yield Flip(name=name, before=was, after=now)


def _way(snapshot: Snapshot) -> tuple[object, ...]:
    answers = {name: given.answer for name, given in snapshot.answers.items()}
    return snapshot.outcome, snapshot.status, snapshot.path, answers


def _words(snapshot: Snapshot) -> tuple[object, ...]:
    evidence = {name: given.evidence for name, given in snapshot.answers.items()}
    return snapshot.reply, snapshot.private, snapshot.origin, evidence
