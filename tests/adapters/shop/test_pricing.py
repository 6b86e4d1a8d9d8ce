"""What a cart costs: whole cents, every rounding half up, and a total that always adds up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.shop.arithmetic import in_words, included_vat, share
from project.shop.models import Product
from project.shop.pricing import price, snapshot
from tests.adapters.shop.conftest import a_cart

pytestmark = pytest.mark.usefixtures("shop")


@pytest.mark.parametrize(
    ("amount", "percent", "expected"),
    [(0, 10, 0), (1, 50, 1), (1, 49, 0), (4, 10, 0), (5, 10, 1), (999, 15, 150), (1800, 10, 180)],
)
def test_a_share_is_rounded_half_up(amount: int, percent: int, expected: int) -> None:
    assert share(amount, percent) == expected


@pytest.mark.parametrize(
    ("gross", "expected"), [(0, 0), (120, 20), (100, 17), (3, 1), (2, 0), (1800, 300), (6970, 1162)]
)
def test_the_included_vat(gross: int, expected: int) -> None:
    assert included_vat(gross) == expected


@given(st.integers(0, 10**9))
def test_the_included_vat_is_the_nearest_cent(gross: int) -> None:
    assert abs(included_vat(gross) * 6 - gross) <= 3


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [(1850, "EUR", "€18.50"), (0, "EUR", "€0.00"), (123456789, "EUR", "€1,234,567.89")],
)
def test_money_in_words(amount: int, currency: str, words: str) -> None:
    assert in_words(amount, currency) == words


def test_lines_add_up() -> None:
    quote = price(a_cart({"MUG-TIDE": 2, "SOAP-KELP": 3}))
    assert [(line.sku, line.total) for line in quote.lines] == [
        ("MUG-TIDE", 3600),
        ("SOAP-KELP", 2250),
    ]
    assert quote.subtotal == quote.total == 5850


@pytest.mark.parametrize(
    ("shipping", "units", "cost"),
    [("standard", 1, 490), ("standard", 5, 0), ("express", 5, 990), ("pickup", 1, 0)],
)
def test_shipping(shipping: str, units: int, cost: int) -> None:
    quote = price(a_cart({"MUG-TIDE": units}, shipping=shipping))
    assert quote.charges[0].amount == cost
    assert quote.total == units * 1800 + cost


def test_charges_say_what_they_are_for() -> None:
    labels = [charge.label for charge in price(a_cart(shipping="express")).charges]
    assert labels == ["Express delivery", "Includes 20 % VAT"]


def test_free_delivery_is_judged_after_the_discount() -> None:
    full = {"TEAPOT-FJORD": 1, "MUG-TIDE": 1}  # 76.00, which is 68.40 with 10 % off
    assert price(a_cart(full, shipping="standard")).charges[0].amount == 0
    assert price(a_cart(full, "WELCOME10", shipping="standard")).charges[0].amount == 490


def test_a_percentage_is_rounded_on_each_line() -> None:
    Product.objects.filter(sku__in=["MUG-TIDE", "SOAP-KELP"]).update(price=5)
    quote = price(a_cart({"MUG-TIDE": 1, "SOAP-KELP": 1}, "WELCOME10"))
    assert quote.discounts[0].amount == 2  # half a cent on each, both rounded up


def test_vat_is_shown_and_not_added() -> None:
    quote = price(a_cart({"MUG-TIDE": 1}, shipping="express"))
    vat = quote.charges[1]
    assert (vat.included, vat.amount, quote.total) == (True, included_vat(2790), 2790)


def test_discounts_never_exceed_the_basket() -> None:
    quote = price(a_cart({"MUG-TIDE": 2}, "FIVER", "FRIENDS100"))
    assert [discount.amount for discount in quote.discounts] == [500, 3100]
    assert quote.total == 0


def test_the_snapshot_is_the_quote() -> None:
    cart = a_cart({"MUG-TIDE": 2}, "WELCOME10", email="a@example.com", shipping="express")
    quote = price(cart)
    frozen = snapshot(cart, quote)
    assert (frozen.total, frozen.cart, frozen.coupons) == (
        quote.total,
        str(cart.pk),
        ("WELCOME10",),
    )
    assert frozen.buyer["email"] == "a@example.com"
    assert frozen.delivery["shipping"] == "express"
