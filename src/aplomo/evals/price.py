"""What tokens cost: the table `[evals.price]` of `aplomo.toml`."""

import math
from typing import Any

from aplomo.errors import ConfigError
from aplomo.evals.settings import evals_table
from aplomo.llm.port import Price
from aplomo.workspace import Workspace

__all__ = ["price_of"]


def price_of(workspace: Workspace) -> tuple[Price, str] | None:
    """The price written in the workspace and its currency, None when there is none.

    Raises ConfigError.
    """
    where = workspace.file
    table = evals_table(workspace.settings, where).get("price")
    if table is None:
        return None
    hint = "write [evals.price] with input and output, each the price of a million tokens"
    try:
        return _price(**table)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"[evals.price] cannot be used: {error}", where=where, hint=hint
        ) from None


def _price(*, input: Any, output: Any, currency: str = "USD") -> tuple[Price, str]:
    """The price that the table's keys make. Raises TypeError or ValueError for other values."""
    price = Price(input=float(input), output=float(output))
    for amount in (price.input, price.output):
        if not math.isfinite(amount) or amount < 0:
            raise ValueError(f"{amount:g} is no price")
    return price, currency
