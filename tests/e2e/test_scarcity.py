"""Forty shoppers and ten things; prices that change while somebody buys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.e2e.api import Shopper
from tests.e2e.browsing import BOWL, MUG
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack

SHOPPERS, UNITS, AT_ONCE = 40, 10, 40


def buy(shopper: Shopper, cart: dict[str, Any]) -> dict[str, Any]:
    """From "Place order" to the end, whichever it is."""
    shopper.place_order(cart)
    seen = shopper.wait_for("awaiting_payment", "aborted")
    if seen["state"] == "awaiting_payment":
        assert shopper.pay().status_code == 303
        seen = shopper.wait_for("completed", "aborted")
    return seen


def test_forty_shoppers_and_ten_units(
    stack: Stack, ledgers: Ledgers, arrive: Callable[[Stack], Shopper]
) -> None:
    ledgers.stock(BOWL, UNITS)
    shoppers = [arrive(stack) for _ in range(SHOPPERS)]
    carts = [shopper.cart({BOWL: 1}) for shopper in shoppers]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = list(pool.map(buy, shoppers, carts))

    assert Counter(end["state"] for end in ends) == {"completed": UNITS, "aborted": 30}
    refusals = [end["failure"] for end in ends if end["state"] == "aborted"]
    assert {refusal["code"] for refusal in refusals} == {"out_of_stock"}
    assert all(refusal["message"] for refusal in refusals)
    assert ledgers.on_hand(BOWL) == 0
    assert ledgers.held(BOWL) == 0
    numbers = [number for shopper in shoppers for number, _ in ledgers.orders(shopper.id)]
    assert len(set(numbers)) == len(numbers) == UNITS
    paid = [kept for shopper in shoppers for _, _, kept, _ in ledgers.payments(shopper.id) if kept]
    assert len(paid) == UNITS


def test_a_price_that_changes_between_every_two_steps(
    stack: Stack, ledgers: Ledgers, arrive: Callable[[Stack], Shopper]
) -> None:
    shopper = arrive(stack)
    cart = shopper.cart({MUG: 2})
    ledgers.price(MUG, 1900)  # before "Place order": this is the price that is frozen
    try:
        shopper.place_order(cart)
        frozen = shopper.until(lambda seen: seen["cart"])["cart"]
        ledgers.price(MUG, 2100)
        shopper.wait_for("awaiting_payment")
        ledgers.price(MUG, 2300)
        shopper.pay()
        ledgers.price(MUG, 2500)
        shown = shopper.wait_for("completed")
    finally:
        ledgers.price(MUG, 1800)
    [(_, total)] = ledgers.orders(shopper.id)
    assert frozen["lines"][0]["total"] == 2 * 1900
    assert total == frozen["total"] == shown["cart"]["total"]
    assert ledgers.payments(shopper.id) == [(total, total, total, True)]
