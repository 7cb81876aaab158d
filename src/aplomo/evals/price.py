"""What tokens cost: the table `[evals.price]` of `aplomo.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from aplomo.errors import ConfigError
from aplomo.workspace import FILE, Workspace

__all__ = ["Price", "price_of"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of a million tokens read (`input`) and written (`output`), in `currency`."""

    input: float
    output: float
    currency: str = "USD"

    def cost(self, given: int, made: int) -> float:
        """What so many input and output tokens cost."""
        return (given * self.input + made * self.output) / _MILLION


def price_of(workspace: Workspace) -> Price | None:
    """The price written in the workspace, None when there is none. Raises ConfigError."""
    evals = workspace.settings.get("evals")
    table: Any = cast("Mapping[str, Any]", evals).get("price") if isinstance(evals, dict) else None
    if table is None:
        return None
    where = str(workspace.root / FILE) if workspace.root else FILE
    hint = "write [evals.price] with input and output, each the price of a million tokens"
    try:
        price = Price(**table)
        if min(float(price.input), float(price.output)) < 0:
            raise ValueError("a price is below 0")
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"[evals.price] cannot be used: {error}", where=where, hint=hint
        ) from None
    return price
