"""The language is the shopper's choice, kept by a cookie, and goes into the order with the cart."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from project.shop.models import Cart
from project.shop.pricing import price, snapshot
from tests.adapters.shop.conftest import a_cart

pytestmark = pytest.mark.usefixtures("shop")


def test_the_switch_leads_back_in_the_other_language() -> None:
    browser = Client()
    first = browser.get("/products/MUG-TIDE/?from=window").content.decode()
    assert '<html lang="en" dir="ltr">' in first
    assert '<input type="hidden" name="next" value="/products/MUG-TIDE/?from=window">' in first
    answer = browser.post("/language/", {"language": "de", "next": "/cart/"}, follow=True)
    assert answer.redirect_chain == [("/cart/", 302)]
    page = answer.content.decode()
    assert '<html lang="de" dir="ltr">' in page
    assert 'value="de" lang="de" aria-current="true"' in page


def test_who_has_not_chosen_is_spoken_to_as_the_browser_asks() -> None:
    page = Client(headers={"Accept-Language": "de-CH, fr;q=0.7"}).get("/").content.decode()
    assert '<html lang="de" dir="ltr">' in page


def test_the_language_of_the_order_is_frozen_with_it(client: Client, settings: Any) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    client.post("/cart/add/", {"sku": "MUG-TIDE"})
    client.post("/cart/details/", {"shipping": "pickup", "email": "a@example.com"})
    cart = Cart.objects.get()
    assert snapshot(cart, price(cart)).buyer["language"] == "de"


def test_a_cart_of_a_program_has_the_language_that_it_asks_for(client: Client) -> None:
    body = {"lines": [{"sku": "MUG-TIDE", "quantity": 1}]}
    asked = {"Accept-Language": "de"}
    client.post("/api/v1/carts", body, content_type="application/json", headers=asked)
    assert Cart.objects.get().language == "de"


def test_a_cart_of_before_says_nothing_of_a_language() -> None:
    cart = a_cart()
    assert "language" not in snapshot(cart, price(cart)).buyer


@pytest.mark.parametrize("language", ["de", "ar"])
def test_what_is_not_translated_is_english_as_a_whole(client: Client, language: str) -> None:
    client.cookies["django_language"] = language
    for path, words in (("/admin/login/", "Log in"), ("/provider/pay/none/", "")):
        answer = client.get(path)
        assert '<html lang="en' in answer.content.decode()
        assert words in answer.content.decode()
        assert answer["Content-Language"] == "en"
    assert f'<html lang="{language}"' in client.get("/").content.decode()
