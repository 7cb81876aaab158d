"""What the commands that look at runs are given: a suite, one of its protocols, saved runs."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

__all__ = ["looking"]

_DECORATORS = (
    click.argument("suite"),
    click.option("--protocol", help="Only this one of the suite's protocols."),
    click.option(
        "--run",
        "saved",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A saved run; repeatable.",
    ),
)


def looking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `suite`, `protocol` and `saved`."""
    return reduce(lambda made, decorate: decorate(made), reversed(_DECORATORS), function)
