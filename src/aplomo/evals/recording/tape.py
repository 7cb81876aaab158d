"""The recordings of one suite in memory: found by key, played in sequence, never merged.

Each case plays the answers to a request from the first on: a request that two cases share is
recorded once, and one that a case repeats (a retry, a second sample) gives the next answer, equal
or not. Which case came first can thus never decide what another is answered.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aplomo.evals.recording.asking import Asking

__all__ = ["Place", "Recording", "Tape"]

Response = dict[str, Any]
Place = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded call, in vcrpy's words.

    `position` counts the answers to one request from 0; `body` is canonical; `response` holds
    status, headers and body; `on` is the day it was recorded, in ISO form.
    """

    key: str
    position: int
    method: str
    path: str
    body: str
    response: Response
    on: str

    @property
    def place(self) -> Place:
        """Where it stands on the tape."""
        return self.key, self.position


class Tape:
    """Thread-safe; `aside` are recordings that may come back when their request does."""

    def __init__(
        self, recordings: Iterable[Recording] = (), *, aside: Iterable[Recording] = ()
    ) -> None:
        self._kept = {one.place: one for one in recordings}
        self._aside = {one.place: one for one in aside}
        self._played: set[Place] = set()
        self._lock = threading.Lock()
        self.served = 0

    def __iter__(self) -> Iterator[Recording]:
        """Every recording, sorted by key and position."""
        with self._lock:
            return iter([self._kept[place] for place in sorted(self._kept)])

    def __len__(self) -> int:
        return len(self._kept)

    def next(self, key: str, who: Asking) -> Recording | None:
        """The next answer to this request for the case that asks, None when it has none."""
        return self._kept.get((key, who.asked[key]))

    def restore(self, key: str, who: Asking) -> Recording | None:
        """Take that next answer back from what was put aside, None when it is not there."""
        place = (key, who.asked[key])
        if (one := self._aside.get(place)) is not None:
            with self._lock:
                self._kept[place] = one
        return one

    def keep(self, one: Recording) -> None:
        """Keep a new recording."""
        with self._lock:
            self._kept[one.place] = one

    def play(self, one: Recording, who: Asking) -> Recording:
        """Note that the case has had this answer; its next one is the following."""
        with self._lock:
            who.asked[one.key] += 1
            self._played.add(one.place)
            self.served += 1
        return one

    def unplayed(self) -> list[Recording]:
        """The recordings that nobody has asked for."""
        return [one for one in self if one.place not in self._played]

    def rewind(self) -> None:
        """Forget what was played."""
        with self._lock:
            self._played.clear()
            self.served = 0
