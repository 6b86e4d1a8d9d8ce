"""The API with the reference shop's own carts: from a cart to an order, without a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from checkout import bootstrap
from checkout.application.port_call import Ports
from checkout.domain.value_objects.checkout_id import parse_checkout_id
from checkout.testing.fake_payments import FakePayments
from checkout.testing.proof.broker import Bell, Recorder
from project.shop.adapters.carts import ShopCarts
from project.shop.adapters.coupons import ShopCoupons
from project.shop.adapters.inventory import ShopInventory
from project.shop.adapters.orders import ShopOrders
from project.shop.fill import fill_shop
from project.shop.models import Order
from tests.adapters.api.asking import START, Caller, body_of, code_of

LINES = [{"sku": "MUG-TIDE", "quantity": 2}]


@pytest.fixture
def payments(db: None) -> Iterator[FakePayments]:
    """The shop with its goods; only the provider is fake."""
    fill_shop()
    fake, bell = FakePayments(), Bell()
    ports = Ports(ShopCarts(), ShopCoupons(), ShopInventory(), ShopOrders(), fake)
    bootstrap.use(bootstrap.build(ports, None, bell, bell, Recorder()))
    yield fake
    bootstrap.use(None)


def new_cart() -> dict[str, Any]:
    """A cart of the shop's own API."""
    answer = Client().post(
        "/api/v1/carts", json.dumps({"lines": LINES}), content_type="application/json"
    )
    assert answer.status_code == 201
    return dict(answer.json())


def test_products_carts_and_checkouts_live_under_one_prefix(payments: FakePayments) -> None:
    products = Client().get("/api/v1/products").json()
    assert "MUG-TIDE" in {product["sku"] for product in products}
    assert Client().get("/api/v1/carts").status_code == 405


def test_a_cart_becomes_an_order(payments: FakePayments) -> None:
    cart = new_cart()
    started = Caller().start(cart["id"], cart_token=cart["cart_token"])
    assert started.status_code == 201
    caller = Caller(token=body_of(started)["token"])
    path = f"{START}/{body_of(started)['id']}"
    tick = bootstrap.services().engine.tick
    tick(parse_checkout_id(body_of(started)["id"]), "system:worker")
    shown = body_of(caller.call("GET", path))
    assert (shown["state"], shown["cart"]["total"]) == ("awaiting_payment", cart["total"])
    payments.pay()
    assert caller.call("POST", f"{path}/confirm").status_code == 202
    tick(parse_checkout_id(shown["id"]), "system:worker")
    receipt = body_of(caller.call("GET", f"{path}/summary"))
    assert (receipt["state"], receipt["total"]) == ("completed", cart["total"])
    assert Order.objects.count() == 1
    again = Caller().start(cart["id"], "other-key", cart_token=cart["cart_token"])
    assert (again.status_code, body_of(again)["id"]) == (200, shown["id"])


def test_a_wrong_cart_token_starts_nothing(payments: FakePayments) -> None:
    cart, other = new_cart(), new_cart()
    for cart_id, token in ((cart["id"], other["cart_token"]), ("no-uuid", "x"), (cart["id"], "")):
        proof = {"cart_token": token} if token else {}
        assert code_of(Caller().start(cart_id, **proof)) == "cart_not_found"
    upper = Caller().start(cart["id"].upper(), cart_token=cart["cart_token"])
    assert upper.status_code == 201
    assert replace(Caller(), token="x").start(cart["id"]).status_code == 404
