"""Who speaks: the brand's voice, the facts it may cite, and what each channel allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from aplomo.protocol.model import Texts

__all__ = ["Brand", "Channel", "Exemplar", "Fact", "Limit", "Promise", "Unit"]

Unit = Literal["characters", "weighted", "graphemes", "bytes"]
"""How a channel counts: code points, X's weighted characters, grapheme clusters, UTF-8 bytes."""

Promise = Literal[
    "refund", "compensation", "discount", "replacement", "deadline", "future_work", "admission"
]
"""The kinds of commitment that a reply makes only when the brand allows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `most` of `unit`."""

    most: int
    unit: Unit = "characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A place where replies appear; every limit holds. `public_only`: no private message there."""

    id: str
    limits: tuple[Limit, ...]
    public_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """A reply the brand is proud of, shown to the drafting model; `facts` are the ids it cites."""

    outcome: str
    lang: str
    comment: str
    reply: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One statement the brand stands behind, per language. A draft may cite only these.

    `questions` are ways to ask for it, per language, in other words than its own: it is found by
    them too. `valid_until` is the last day on which it holds, None for no end.
    """

    id: str
    statement: Texts
    source: str
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    valid_until: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the fact may still be cited on that day."""
        return self.valid_until is None or on <= self.valid_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A brand's voice.

    Per language: `address` is "tu", "usted", "vos" or "you"; `contact` the private way to reach the
    brand; `banned` words that never appear; `signature` ends every public reply; `disclosure` is
    added when the draft must say who or what writes. `promises` are the kinds the brand
    allows itself to promise (e.g. "refund"); `links` the hosts it may link to.
    """

    id: str
    name: str
    languages: tuple[str, ...]
    tone: Texts
    address: Texts = field(default_factory=dict[str, str])
    do: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    dont: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    banned: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    contact: Texts = field(default_factory=dict[str, str])
    signature: Texts = field(default_factory=dict[str, str])
    disclosure: Texts = field(default_factory=dict[str, str])
    promises: tuple[Promise, ...] = ()
    links: tuple[str, ...] = ()
    exemplars: tuple[Exemplar, ...] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict[str, Channel])
    sha256: str = ""
