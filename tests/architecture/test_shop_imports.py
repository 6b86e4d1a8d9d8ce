"""A shop needs six small parts of the checkout; whatever else it imports, it would depend on."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.files import product

OPEN_TO_SHOPS = (
    "checkout.application.ports",
    "checkout.events",
    "checkout.domain.value_objects",
    "checkout.domain.exceptions",
    "checkout.sql",
    "checkout.testing",
)


def imported(text: str) -> Iterator[str]:
    """Yield the dotted name of everything that a Python file imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def closed(name: str) -> bool:
    """Tell whether a name belongs to a part of the checkout that a shop should not know."""
    of_checkout = name == "checkout" or name.startswith("checkout.")
    return of_checkout and not any(f"{name}.".startswith(f"{part}.") for part in OPEN_TO_SHOPS)


def test_the_shop_imports_only_what_is_open_to_shops() -> None:
    found = [
        f"{file}: {name}"
        for file, text in product().items()
        if file.startswith("project/shop/")
        for name in imported(text)
        if closed(name)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "import checkout",
        "from checkout import models",
        "from checkout.sagas.engine import Engine",
        "from checkout.domain.checkout import Checkout",
        "from checkout.domain import exceptions_of_ours",
    ],
)
def test_the_rule_sees_a_breach(line: str) -> None:
    assert [name for name in imported(line) if closed(name)]


def test_the_shop_is_looked_at() -> None:
    """The first test would pass on nothing: the shop does import the checkout's value objects."""
    names = {
        name
        for file, text in product().items()
        if file.startswith("project/shop/")
        for name in imported(text)
    }
    assert any(name.startswith("checkout.domain.value_objects") for name in names)
