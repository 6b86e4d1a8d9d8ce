"""An answer that never comes: charged once, refunded once, whatever was asked again.

The real engine drives the adapter; the proxy loses what the emulator has already committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from checkout.adapters.outbound.payments.stripe import StripePayments
from checkout.domain.value_objects.money import Money
from checkout.testing.contracts.support import Keys
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.world import World
from checkout.testing.scripted import Crash
from tests.adapters.stripe.books import Books, books
from tests.adapters.stripe.proxy import StripeProxy
from tests.adapters.stripe.shopper import NotPossible, Shopper
from tests.adapters.stripe.world import BACK, BOUGHT, TOTAL, StripeWorld, in_the_dashboard

KINDS = ["lost", "silent", "500_after", "500_before"]
CREATE = {True: "/checkout/sessions", False: "/payment_intents"}


@pytest.fixture
def world(payments: StripePayments, db: None) -> Iterator[StripeWorld]:
    """An order that was just placed."""
    built = StripeWorld(payments)
    with built:
        built.start(return_url=BACK)
        yield built


@pytest.fixture
def created(page: str) -> str:
    """How the path of a create ends, on this page."""
    return CREATE[not page]


class Buyer:
    """Pays the first page there is, again when the answer of it was lost, and comes back."""

    def __init__(self, shopper: Shopper, times: int = 1) -> None:
        self.shopper, self.times, self.took = shopper, times, 0

    def __call__(self, world: World) -> None:
        if world.state != "awaiting_payment":
            return
        for _ in range(self.times):
            with suppress(NotPossible):
                self.shopper.pay(world.checkout.payment.reference)
                self.took += 1
        world.order("confirm")


@pytest.mark.parametrize("kind", KINDS)
def test_create(
    world: StripeWorld, proxy: StripeProxy, shopper: Shopper, created: str, kind: str
) -> None:
    """A3: one payment, although nobody heard that it was made."""
    proxy.trouble("POST", created, kind)
    drive(world, Buyer(shopper))
    assert world.state == "completed"
    assert books(proxy) == BOUGHT
    assert len(proxy.sent("POST", created)) > 1


def test_confirm(world: StripeWorld, proxy: StripeProxy, shopper: Shopper) -> None:
    """The shopper hears nothing of the first card and pays once more: the page takes one."""
    buyer = Buyer(shopper, times=2)
    drive(world, buyer)
    assert world.state == "completed"
    assert buyer.took == 1
    assert books(proxy) == BOUGHT


@pytest.mark.parametrize("kind", KINDS)
def test_capture(world: StripeWorld, proxy: StripeProxy, shopper: Shopper, kind: str) -> None:
    proxy.trouble("POST", "/capture", kind)
    drive(world, Buyer(shopper))
    assert world.state == "completed"
    assert books(proxy) == BOUGHT
    assert world.body["money"] == {"status": "charged", "amount": TOTAL, "currency": "EUR"}


@pytest.mark.parametrize("kind", KINDS)
def test_refund(world: StripeWorld, proxy: StripeProxy, shopper: Shopper, kind: str) -> None:
    """The money was taken too early and there is no stock: all of it goes back, once."""
    proxy.trouble("POST", "/refunds", kind)
    world.inventory.trouble("commit", "refused")
    world.tick()
    shopper.pay(world.checkout.payment.reference)
    in_the_dashboard(proxy, world)
    drive(world, lambda _: None)
    assert world.state == "aborted"
    assert books(proxy) == replace(BOUGHT, returned=TOTAL)
    assert world.body["money"] == {"status": "refunded", "amount": TOTAL, "currency": "EUR"}


@pytest.mark.parametrize("kind", KINDS)
def test_close(
    world: StripeWorld, proxy: StripeProxy, shopper: Shopper, page: str, kind: str
) -> None:
    """The shopper goes away: the page is shut before anything is released."""
    proxy.trouble("POST", "/cancel" if page else "/expire", kind)
    drive(world, lambda _: None)
    assert world.state == "aborted"
    assert books(proxy) == Books(payments=1, open=0, held=0, charged=0, returned=0)


@pytest.mark.parametrize("kind", KINDS)
def test_void(world: StripeWorld, proxy: StripeProxy, shopper: Shopper, kind: str) -> None:
    """The shopper has paid, and there is no stock: what is held is let go."""
    proxy.trouble("POST", "/cancel", kind)
    world.inventory.trouble("commit", "refused")
    drive(world, Buyer(shopper))
    assert world.state == "aborted"
    assert books(proxy) == Books(payments=1, open=0, held=0, charged=0, returned=0)
    assert world.body["money"]["status"] == "not_charged"


@pytest.mark.parametrize("point", ["initiate", "capture", "close"])
def test_the_process_dies_when_stripe_has_done_it(
    world: StripeWorld, proxy: StripeProxy, shopper: Shopper, point: str
) -> None:
    died: list[str] = []

    def die(number: int, at: str) -> None:
        if at == f"payments.{point}:after" and not died:
            died.append(at)
            raise Crash(at)

    world.at_point = die
    drive(world, Buyer(shopper) if point != "close" else lambda _: None)
    assert died
    nothing = Books(payments=1, open=0, held=0, charged=0, returned=0)
    assert books(proxy) == (nothing if point == "close" else BOUGHT)


class TestWhenStripeHasForgottenTheKeys:
    """Keys are kept for a day: what was done a day ago is found by looking."""

    def test_a_capture_is_one(
        self, payments: StripePayments, proxy: StripeProxy, shopper: Shopper
    ) -> None:
        keys, money = Keys(), Money(TOTAL, "EUR")
        reference = payments.initiate(keys.of("i"), money, "digest", BACK).reference
        shopper.pay(reference)
        for _ in range(3):
            assert payments.capture(keys.of("c"), reference, money).captured == TOTAL
            proxy.kept.clear()
        assert len(proxy.sent("POST", "/capture")) == 1

    def test_a_refund_is_one(
        self, payments: StripePayments, proxy: StripeProxy, shopper: Shopper
    ) -> None:
        keys, part = Keys(), Money(1000, "EUR")
        reference = payments.initiate(keys.of("i"), Money(TOTAL, "EUR"), "d", BACK).reference
        shopper.pay(reference)
        payments.capture(keys.of("c"), reference, Money(TOTAL, "EUR"))
        for _ in range(3):
            assert payments.refund(keys.of("r"), reference, part).returned == 1000
            proxy.kept.clear()
        assert books(proxy).returned == 1000
