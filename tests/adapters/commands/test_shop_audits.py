"""The reference shop's own audits: in agreement with a healthy checkout, and able to disagree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from django.db.models import F
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from checkout.adapters.inbound.cli.doctor import chosen_audits, examine
from checkout.domain.value_objects.money import Money
from checkout.testing.fake_payments import FakePayments
from project.shop import audits
from project.shop.adapters.payments import SimulatedPayments
from project.shop.models import (
    CartClosure,
    Coupon,
    CouponClaim,
    Order,
    OrderLine,
    Reservation,
    ReservationLine,
    StockItem,
)
from tests import patience
from tests.ports import PLAIN_HTTP
from tests.upgrades.shop_world import OFF, ShopWorld, stock_the_shop

NOBODY = "2a566121-4260-4737-a9d7-b4a12da3b823"


@pytest.fixture
def shop(db: None) -> ShopWorld:
    """A completed checkout with a coupon, one that waits, and one that was cancelled."""
    stock_the_shop()
    world = ShopWorld(FakePayments())
    with world:
        world.begin(OFF)
        world.work()
        world.payments.pay()
        world.order("confirm")
        world.work()
        assert world.checkout.state == "completed"
        world.begin()
        world.work()
        world.order("abort")
        world.work()
        world.begin()
        world.work()
    return world


def found() -> set[str]:
    """The checks that find something broken in the shop's books."""
    return {finding.check for finding in examine(chosen_audits()).broken}


def a_hold_of_nobody() -> None:
    hold = Reservation.objects.create(key=f"{NOBODY}:x:1", owner=NOBODY, status="held")
    ReservationLine.objects.create(reservation=hold, sku="MUG-TIDE", quantity=1)


SPOILED: dict[str, tuple[str, Callable[[], Any]]] = {
    "an order line": ("orders", lambda: OrderLine.objects.update(quantity=F("quantity") + 1)),
    "the buyer": ("orders", lambda: Order.objects.update(buyer={"name": "Eve"})),
    "the payment": ("orders", lambda: Order.objects.update(payment="pay_77")),
    "another key": ("orders", lambda: Order.objects.update(key="by:hand:1")),
    "no order": ("orders", lambda: Order.objects.all().delete()),
    "a cart": ("carts", lambda: CartClosure.objects.update(status="reopened")),
    "units": ("reservations", lambda: ReservationLine.objects.update(quantity=1)),
    "a status": ("reservations", lambda: Reservation.objects.update(status="held")),
    "a coupon": ("coupons", lambda: CouponClaim.objects.update(status="claimed")),
    "the shelf": ("stock", lambda: StockItem.objects.update(on_hand=1)),
    "a limit": ("coupon_uses", lambda: Coupon.objects.update(uses=0)),
    "a hold": ("stray", a_hold_of_nobody),
}


def test_a_healthy_shop_agrees(shop: ShopWorld) -> None:
    with shop:
        assert examine(chosen_audits(), everything=True).broken == []


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_spoiled_in_the_shop_is_found(shop: ShopWorld, what: str) -> None:
    check, spoil = SPOILED[what]
    spoil()
    with shop:
        assert check in found()


def test_owners_come_page_by_page(shop: ShopWorld) -> None:
    first = audits.owners("", 1)
    assert len(first) == 1
    rest = audits.owners(first[0], 10)
    assert len(rest) == 1  # the cancelled one has nothing live
    assert rest > first
    assert audits.owners(rest[0], 10) == []


@pytest.mark.urls("project.provider.site_urls")
@pytest.mark.django_db(transaction=True)
def test_the_provider_is_asked_over_its_api(live_server: LiveServer, settings: Settings) -> None:
    settings.PROVIDER = {
        "BASE_URL": f"{live_server.url}/provider",
        "API_KEY": "k",
        "WEBHOOK_SECRET": "s" * 40,
        "WEBHOOK_URL": "http://127.0.0.1:9/nobody",
        "TIMEOUT": patience.SECONDS,
    }
    payments = SimulatedPayments()
    keys = [f"{NOBODY}:payments.initiate:{number}" for number in (1, 2)]
    for key in keys:
        begun = payments.initiate(key, Money(1600, "EUR"), "digest", "https://shop.example/")
    data, url = {"outcome": "approve"}, begun.action["url"]
    httpx2.post(url, data=data, trust_env=False, timeout=patience.SECONDS, verify=PLAIN_HTTP)
    said = audits.payments([NOBODY, "another"])
    assert [row["key"] for row in said[NOBODY]] == keys
    assert [row["authorised"] for row in said[NOBODY]] == [0, 1600]
    assert said["another"] == []
