"""How a peer is run: told the brief once, then a comment a line comes in and an answer goes out.

A peer knows nothing of the benchmark but this and what it is told: no label, no clock, no meter.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

Plain = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a peer makes of one comment.

    `outcome` is an outcome id of the protocol, None when it reached none; `reply` what it would
    show as ready, None for silence.
    """

    outcome: str | None
    reply: str | None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a peer is told: the brief, and the model's base URL and name."""

    brief: Plain
    url: str
    model: str


Peer = Callable[[Plain], Said]


def serve(open_peer: Callable[[Told], Peer]) -> None:
    """Answer every line of standard input, until it ends."""
    out = _own_output()
    told = Told(
        brief=json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")),
        url=sys.argv[2],
        model=sys.argv[3],
    )
    peer = open_peer(told)
    _say(out, {"ready": True})
    for case in _cases():
        try:
            _say(out, asdict(peer(case)))
        except Exception as error:
            _say(out, {"error": f"{type(error).__name__}: {error}"[:500]})


def _own_output() -> TextIO:
    """Standard output for the answers alone: what libraries print goes to standard error."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return own


def _cases() -> Iterator[Plain]:
    for line in sys.stdin:
        yield json.loads(line)


def _say(out: TextIO, what: Plain) -> None:
    out.write(json.dumps(what, ensure_ascii=False) + "\n")
    out.flush()
