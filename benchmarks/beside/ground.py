"""What a comparison stands on: a protocol, a brand, its facts, and Aplomo's prompts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aplomo.brand.facts import search
from aplomo.brand.model import Brand, Fact
from aplomo.comment import Comment
from aplomo.draft import from_template
from aplomo.prompt import Prompt
from aplomo.protocol.model import Outcome, Protocol
from aplomo.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The same for everyone."""

    protocol: Protocol
    brand: Brand
    facts: Mapping[str, Fact]
    prompts: Mapping[str, Prompt]

    @classmethod
    def of(cls, protocol: str) -> "Ground":
        """The protocol of that name with the shipped example brand."""
        place = Workspace()
        brand = place.brand()
        return cls(
            protocol=place.protocol(protocol),
            brand=brand,
            facts=place.facts(brand),
            prompts=place.prompts,
        )

    def relevant(self, comment: Comment, outcome: Outcome) -> tuple[Fact, ...]:
        """The facts that a reply of `outcome` may state."""
        if outcome.facts == "none":
            return ()
        today = datetime.now(UTC).date()
        query = "\n".join(reversed(comment.said))
        return search(self.facts, query, comment.lang or "", today)

    def wording(self, outcome: Outcome, lang: str) -> str:
        """The outcome's own words; those that need a fact are none by themselves."""
        template = from_template(outcome, self.brand, lang, ())
        return template.text if template else ""
