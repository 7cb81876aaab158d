"""The example brand, and a matter to judge drafts in."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from aplomo.assets import asset
from aplomo.brand.channel import CHANNELS
from aplomo.brand.load import load_brand, load_facts
from aplomo.brand.model import Brand, Fact
from aplomo.check.base import Matter
from aplomo.comment import Comment
from aplomo.protocol.load import load
from aplomo.protocol.model import Protocol

Make = Callable[..., Matter]


@pytest.fixture(scope="session")
def brand() -> Brand:
    return load_brand(asset("examples", "brand.yaml"))


@pytest.fixture(scope="session")
def facts(brand: Brand) -> Mapping[str, Fact]:
    found = load_facts(asset("examples", "facts.yaml"), languages=brand.languages)
    return {id_: fact for id_, fact in found.items() if fact.holds(date(2026, 11, 1))}


@pytest.fixture(scope="session")
def protocol() -> Protocol:
    return load(asset("protocols", "basic-guide.yaml"))


@pytest.fixture(scope="session")
def matter(brand: Brand, facts: Mapping[str, Fact], protocol: Protocol) -> Make:
    """Makes a Matter: for `outcome` in `lang`, about `comment`, on a generic channel."""

    def make(
        lang: str = "es",
        outcome: str = "thank",
        comment: str = "Me encanta vuestro café",
        **changes: Any,
    ) -> Matter:
        given: dict[str, Any] = {
            "comment": Comment(text=comment, lang=lang),
            "lang": lang,
            "outcome": protocol.outcomes[outcome],
            "elements": protocol.elements,
            "brand": brand,
            "channel": CHANNELS["generic"],
            "facts": facts,
        }
        return Matter(**{**given, **changes})

    return make
