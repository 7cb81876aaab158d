"""Every module says what it offers, truthfully (the linter keeps the order)."""

import pkgutil
from importlib import import_module

import pytest

import aplomo

MODULES = [
    name
    for _, name, is_package in pkgutil.walk_packages(aplomo.__path__, "aplomo.")
    if not is_package and not name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_all_is_true(name: str) -> None:
    module = import_module(name)
    for exported in module.__all__:
        assert hasattr(module, exported), exported


def test_the_package_exports_what_it_lists() -> None:
    for name in aplomo.__all__:
        assert getattr(aplomo, name) is not None
    assert dir(aplomo) == sorted(aplomo.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = aplomo.nothing  # type: ignore[attr-defined]
