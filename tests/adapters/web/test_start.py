"""Placing the order: whose cart, once, and never without the form."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from checkout import bootstrap
from checkout.adapters.inbound.access import OWNER
from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.application.use_cases.start_checkout import hashed
from checkout.domain.exceptions import Refused
from checkout.testing.proof.world import World
from tests.adapters.api.asking import proven
from tests.adapters.web.visiting import Shown, Visitor

START = "/checkout/start/"
PROGRESS = re.compile(r"^/checkout/[0-9a-f-]{36}/$")


def test_the_order_leads_to_its_progress(world: World) -> None:
    shopper = Visitor(carts=("cart-1",))
    answer = shopper.send(START, {"cart_id": "cart-1"}).response
    assert answer.status_code == 302
    assert PROGRESS.match(answer["Location"])
    assert shopper.see(answer["Location"]).state == "started"


def test_it_belongs_to_this_browser_from_then_on(world: World) -> None:
    shopper = Visitor(carts=("cart-1",))
    shopper.send(START, {"cart_id": "cart-1"})
    owner = shopper.client.session[OWNER]
    assert len(owner) > 30
    assert CheckoutSession.objects.get().owner_hash == hashed(owner)


def test_forms_that_arrive_together_all_lead_to_a_page_that_opens(world: World) -> None:
    """Each knows nothing of the other's owner id, and one session is saved over the other."""
    first, second = Visitor(carts=("cart-1",)), Visitor(carts=("cart-1",))
    started = first.send(START, {"cart_id": "cart-1"}).response["Location"]
    assert second.send(START, {"cart_id": "cart-1"}).response["Location"] == started
    assert second.client.session[OWNER] != first.client.session[OWNER]
    assert second.see(started).state == "started"
    assert Visitor(carts=("cart-1",)).see(started).response.status_code == 404


def test_the_provider_sends_back_to_the_page(world: World) -> None:
    shopper = Visitor(carts=("cart-1",))
    path = shopper.send(START, {"cart_id": "cart-1"}).response["Location"]
    url = CheckoutSession.objects.get().return_url
    assert url == f"http://testserver{path}?returned=1"


@pytest.mark.parametrize("cart", ["cart-2", "", "'; --", "\x00", "x" * 5000])
def test_another_cart_starts_nothing(world: World, cart: str) -> None:
    answer = Visitor(carts=("cart-1",)).send(START, {"cart_id": cart}).response
    assert (answer.status_code, answer["Location"]) == (302, "/cart/")
    assert not CheckoutSession.objects.exists()


def test_what_is_refused_is_said_in_the_basket(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Refused("cart_busy", "Finish one of your orders first.")

    monkeypatch.setattr("checkout.adapters.inbound.starting.start", full)
    shopper = Visitor(carts=("cart-1",))
    shopper.send(START, {"cart_id": "cart-1"})
    assert "Finish one of your orders first." in shopper.see("/cart/").text


def test_who_tries_too_often_is_told_to_wait(world: World, settings: LazySettings) -> None:
    limits = {"ATTEMPTS_PER_SESSION": 1, "COOL_DOWN": 120}
    settings.CHECKOUT = {**settings.CHECKOUT, **limits}
    bootstrap.use(replace(world.services, prove_cart=proven))
    shopper = Visitor(carts=("cart-1", "cart-2"))
    shopper.send(START, {"cart_id": "cart-1"})
    refused = shopper.send(START, {"cart_id": "cart-2"})
    assert refused.response.status_code == 429
    assert 100 < int(refused.response["Retry-After"]) <= 120
    assert "Please try again in 2 minutes." in refused.text
    assert 'href="/cart/"' in refused.response.content.decode()
    assert CheckoutSession.objects.count() == 1
    again = shopper.send(START, {"cart_id": "cart-1"}).response
    assert PROGRESS.match(again["Location"]), "it only leads to what is there already"


def test_a_form_of_another_site_starts_nothing(world: World) -> None:
    shopper = Visitor(carts=("cart-1",))
    assert shopper.client.post(START, {"cart_id": "cart-1"}).status_code == 403
    assert not CheckoutSession.objects.exists()


def test_looking_starts_nothing(world: World) -> None:
    assert Visitor(carts=("cart-1",)).client.get(START).status_code == 405


def test_the_addresses_are_as_promised() -> None:
    known = "00000000-0000-4000-8000-000000000000"
    assert reverse("checkout:start") == START
    assert reverse("checkout:progress", args=[known]) == f"/checkout/{known}/"
    assert reverse("checkout:summary", args=[known]) == f"/checkout/{known}/summary/"


def test_nobody_without_a_session_starts_anything(world: World) -> None:
    client = Client()
    assert Shown(client.post(START, {"cart_id": "cart-1"})).response["Location"] == "/cart/"
