"""The run itself: every comment is put to every peer in turn, so that a slow moment slows all."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aplomo.evals.cases import Case
from benchmarks.beside.brief import brief, case
from benchmarks.beside.environment import python_for
from benchmarks.beside.ground import Ground
from benchmarks.beside.judge import Judged, judged
from benchmarks.beside.meter import Meter, metered
from benchmarks.beside.peer import PEERS, Peer, command, running
from benchmarks.beside.server import Endpoint

Told = Callable[[str, Judged], object]
"""Called with a peer's name and each judged answer."""


@dataclass(kw_only=True)
class Contest:
    """Peers on one server; `minutes` is how long each may take for its comments."""

    ground: Ground
    meter: Meter
    peers: Mapping[str, Peer]
    minutes: float
    runs: dict[str, list[Judged]] = field(default_factory=dict[str, list[Judged]])

    def warm(self, cases: Sequence[Case], told: Told) -> None:
        """Ask what is not counted: everybody's prompts are read once, and caches filled."""
        for one in cases:
            for name, peer in self.peers.items():
                told(name, self._asked(peer, one))

    def run(self, cases: Sequence[Case], told: Told) -> None:
        """Ask what counts. A peer whose minutes are used up is asked no more."""
        self.runs |= {name: [] for name in self.peers}
        for one in cases:
            for name, peer in self.peers.items():
                used = sum(done.answer.seconds for done in self.runs[name])
                if used < 60 * self.minutes:
                    self.runs[name].append(self._asked(peer, one))
                    told(name, self.runs[name][-1])

    def _asked(self, peer: Peer, one: Case) -> Judged:
        expected = one.outcomes[self.ground.protocol.id]
        self.meter.taken()
        answer = peer.ask(case(self.ground, one.id, one.comment))
        spent = self.meter.taken()
        return judged(self.ground, one.id, one.comment, expected, answer, spent)


@contextmanager
def opened(
    ground: Ground, endpoint: Endpoint, names: Sequence[str], minutes: float, log: Path
) -> Iterator[Contest]:
    """The peers called `names`, started on `endpoint` behind one meter, ended with the block."""
    pythons = {name: _python(name) for name in names}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        told = folder / "brief.json"
        told.write_text(json.dumps(brief(ground), ensure_ascii=False), encoding="utf-8")
        meter, url = stack.enter_context(metered(endpoint))
        peers = {
            name: stack.enter_context(
                running(command(name, pythons[name], told, url, endpoint.model), log)
            )
            for name in names
        }
        yield Contest(ground=ground, meter=meter, peers=peers, minutes=minutes)


def _python(name: str) -> Path | None:
    requirements = PEERS[name].requirements
    return python_for(requirements) if requirements else None
