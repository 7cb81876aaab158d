"""The shape every check has: a draft and what it is judged against in, a finding out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aplomo.brand.model import Brand, Channel, Fact
from aplomo.comment import Comment
from aplomo.draft import Draft
from aplomo.protocol.model import Element, Outcome

__all__ = ["Check", "Finding", "Matter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check says of one draft; `detail` tells what was found, passed or not."""

    check: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a draft is judged against.

    `lang` is the language the reply must be in; `facts` those valid today, by id; `prompt` the
    instructions the model was given (searched for leaks); `recent` the latest replies.
    """

    comment: Comment
    lang: str
    outcome: Outcome
    elements: Mapping[str, Element]
    brand: Brand
    channel: Channel
    facts: Mapping[str, Fact]
    prompt: str = ""
    recent: tuple[str, ...] = ()


Check = Callable[[Draft, Matter], Finding]
"""A check is pure: the same draft and matter give the same finding."""
