"""Judging drafts of the example brand, as every test of a check does."""

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from aplomo.assets import asset
from aplomo.brand.channel import CHANNELS
from aplomo.brand.load import load_brand, load_facts
from aplomo.check.base import Check, Finding, Matter
from aplomo.comment import Comment
from aplomo.draft import Draft
from aplomo.protocol.load import load
from aplomo.protocol.model import Outcome

TODAY = date(2026, 11, 1)
COMMENTS = {"es": "Qué decepción", "en": "What a let-down"}


@cache
def plain_matter() -> Matter:
    """The example brand on a generic channel, answering an unhappy customer in Spanish."""
    brand = load_brand(asset("examples", "brand.yaml"))
    facts = load_facts(asset("examples", "facts.yaml"), languages=brand.languages)
    protocol = load(asset("protocols", "basic-guide.yaml"))
    return Matter(
        comment=Comment(text=COMMENTS["es"]),
        lang="es",
        outcome=protocol.outcomes["thank"],
        elements=protocol.elements,
        brand=brand,
        channel=CHANNELS["generic"],
        facts={id_: fact for id_, fact in facts.items() if fact.holds(TODAY)},
    )


@cache
def outcomes() -> dict[str, Outcome]:
    """The outcomes of both guides."""
    guides = [load(asset("protocols", f"{name}.yaml")) for name in ("brand-care", "basic-guide")]
    return {id_: outcome for guide in guides for id_, outcome in guide.outcomes.items()}


def matter(lang: str = "es", outcome: str = "thank", comment: str = "", **changes: Any) -> Matter:
    """A Matter in `lang`, for `outcome` of the basic guide, or of brand-care where that has none.

    `brand` holds changes to the brand.
    """
    plain = plain_matter()
    return replace(
        plain,
        **{
            "lang": lang,
            "outcome": outcomes()[outcome],
            "comment": Comment(text=comment or COMMENTS.get(lang, "...")),
            **changes,
            "brand": replace(plain.brand, **changes.get("brand", {})),
        },
    )


def judged(check: Check, text: str, given: Matter, private: str | None = None) -> Finding:
    """What `check` finds on a draft of the model's."""
    return check(Draft(text=text, private_text=private), given)


def rows(table: str) -> list[tuple[str, str]]:
    """The lines `first | second` of a table."""
    lines = (line.partition("|") for line in table.strip().splitlines())
    return [(first.strip(), second.strip()) for first, _, second in lines]
