"""One amount from the basket to the mail, in currencies with no, two and three decimals."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from django.utils import translation

from checkout.testing.proof.world import World
from project.shop.fill import fill_shop
from project.shop.mail.letters import letter_of
from project.shop.models import Cart, Mail
from project.shop.pricing import price, snapshot
from tests.adapters.web.visiting import Visitor


def plain(text: str) -> str:
    """With simple spaces and without the marks that only steer the direction of writing."""
    return " ".join(text.replace("\u200f", "").replace("\u200e", "").split())


@pytest.mark.parametrize(
    ("currency", "language", "each", "total"),
    [
        ("EUR", "en", "€18.00", "€36.00"),
        ("EUR", "de", "18,00 €", "36,00 €"),
        ("JPY", "en", "¥1,800", "¥3,600"),
        ("JPY", "de", "1.800 ¥", "3.600 ¥"),
        ("ISK", "de", "1.800 ISK", "3.600 ISK"),
        ("KWD", "en", "KWD 1.800", "KWD 3.600"),
        ("KWD", "de", "1,800 KWD", "3,600 KWD"),
        ("KWD", "ar", "1.800 د.ك.", "3.600 د.ك."),
    ],
)
def test_from_the_basket_to_the_mail(
    world: World,
    shopper: Visitor,
    settings: Any,
    currency: str,
    language: str,
    each: str,
    total: str,
) -> None:
    settings.SHOP_CURRENCY = currency
    fill_shop()
    shopper.client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    shopper.send("/cart/add/", {"sku": "MUG-TIDE", "quantity": "2"})
    shopper.send("/cart/details/", {"shipping": "pickup", "email": "ada@example.org"})
    basket = plain(shopper.see("/cart/").text)
    assert each in basket
    assert total in basket

    cart = Cart.objects.get()
    with translation.override(cart.language):
        frozen = snapshot(cart, price(cart))
    world.carts.carts["cart-1"] = replace(frozen, cart="cart-1")
    world.inventory.stock["MUG-TIDE"] = 2
    checkout = world.start()
    world.tick()
    assert plain(" ".join(shopper.progress(checkout).primary)).count(total) == 1
    world.payments.pay()
    world.order("confirm")
    world.tick()
    assert total in plain(shopper.progress(checkout).money)
    assert total in plain(shopper.see(f"/checkout/{checkout}/summary/").text)

    said = {**asdict(frozen), "order": "1", "captured": frozen.total}
    with translation.override(cart.language):
        letter = letter_of(Mail(kind=Mail.CONFIRMED, data=said))
    assert plain(letter.lines[-1][1]) == total
    assert total in plain(" ".join(letter.paragraphs))
