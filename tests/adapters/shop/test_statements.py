"""What each call of a checkout asks of the database, inside the engine's transaction."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from project.shop.adapters.carts import ShopCarts
from project.shop.adapters.coupons import ShopCoupons
from project.shop.adapters.inventory import ShopInventory
from project.shop.adapters.orders import ShopOrders
from tests.adapters.shop.conftest import a_cart, in_a_while

LINES = {"MUG-TIDE": 2, "SOAP-KELP": 1, "VASE-REED": 1}
carts, coupons, inventory, orders = ShopCarts(), ShopCoupons(), ShopInventory(), ShopOrders()


def asked(call: Callable[[], object]) -> list[str]:
    """The first words of the statements that the call made."""
    with CaptureQueriesContext(
        connection,
    ) as seen:
        call()
    return [query["sql"].split(" ", 1)[0] for query in seen]


@pytest.mark.usefixtures("shop")
def test_a_checkout_of_three_articles() -> None:
    """Rule: no savepoints, and no statement for each article."""
    cart, checkout = str(a_cart(LINES, "ONCE").pk), str(uuid4())

    def key(call: str) -> str:
        return f"{checkout}:{call}:1"

    frozen = carts.snapshot(key("carts.snapshot"), cart)
    held = key("inventory.reserve")
    made = {
        "snapshot": lambda: carts.snapshot(key("carts.snapshot"), cart),
        "claim": lambda: coupons.claim(key("coupons.claim"), ["ONCE"], ""),
        "close": lambda: carts.close(key("carts.close"), cart, frozen),
        "reserve": lambda: inventory.reserve(held, frozen.lines, in_a_while()),
        "extend": lambda: inventory.extend(key("inventory.extend"), held, in_a_while()),
        "commit": lambda: inventory.commit(key("inventory.commit"), held),
        "place": lambda: orders.place(key("orders.place"), frozen, "pay_1"),
        "redeem": lambda: coupons.redeem(key("coupons.redeem"), key("coupons.claim"), "HP-1"),
    }
    assert {name: asked(call) for name, call in made.items()} == {
        "snapshot": ["SELECT", "SELECT", "SELECT"],  # the second and third ask for the coupon
        "claim": ["INSERT", "SELECT", "SELECT", "INSERT"],
        "close": ["INSERT", "UPDATE", "SELECT"],
        "reserve": ["INSERT", "WITH", "WITH"],
        "extend": ["UPDATE"],
        "commit": ["UPDATE", "WITH"],
        "place": ["INSERT", "WITH"],
        "redeem": ["UPDATE"],
    }
