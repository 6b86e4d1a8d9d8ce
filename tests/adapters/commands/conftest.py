"""Checkouts in every state, and a doctor whose audits read the fakes' ledgers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from checkout.adapters.inbound.cli import books
from checkout.application.ports.inbound.start_checkout_port import StartCheckout
from checkout.domain.value_objects.cart_snapshot import SnapshotDiscount
from checkout.testing.builders import snapshot
from checkout.testing.proof.world import World

AUDITS = {name: f"tests.adapters.commands.audits.{name}" for name in books.AUDITS}


@pytest.fixture
def world(db: None, settings: Settings) -> Iterator[World]:
    """Fake neighbours around the real engine; the audits ask the fakes."""
    settings.CHECKOUT = {**settings.CHECKOUT, "AUDITS": AUDITS}
    with World() as built:
        yield built


def started(world: World) -> None:
    world.start()


def frozen(world: World) -> None:
    world.inventory.trouble("reserve", "unavailable", 3)
    world.start()
    world.tick()


def reserved(world: World) -> None:
    world.payments.trouble("initiate", "unavailable", 3)
    world.start()
    world.tick()


def awaiting(world: World) -> None:
    world.start()
    world.tick()


def confirmed(world: World) -> None:
    awaiting(world)
    world.payments.pay()
    world.orders.trouble("place", "unavailable", 3)
    world.order("confirm")
    world.tick()


def completed(world: World) -> None:
    awaiting(world)
    world.payments.pay()
    world.order("confirm")
    world.tick()


def aborting(world: World) -> None:
    awaiting(world)
    world.payments.trouble("close", "unavailable", 9)
    world.order("abort", reason="changed my mind")
    world.tick()


def aborted(world: World) -> None:
    awaiting(world)
    world.order("abort", reason="changed my mind")
    world.tick()


STAGES: dict[str, Callable[[World], None]] = {
    "started": started,
    "cart_frozen": frozen,
    "inventory_reserved": reserved,
    "awaiting_payment": awaiting,
    "payment_confirmed": confirmed,
    "completed": completed,
    "aborting": aborting,
    "aborted": aborted,
}


def second_attempt(world: World) -> None:
    awaiting(world)
    world.payments.decline(final=True)
    world.order("confirm")
    world.tick()
    world.order("retry")
    world.tick()


def order_refused(world: World) -> None:
    awaiting(world)
    world.payments.pay()
    world.orders.trouble("place", "refused")
    world.order("confirm")
    world.tick()


def with_a_coupon(world: World) -> None:
    discount = SnapshotDiscount("SAVE2", "Two euros off", 200)
    world.carts.carts["cart-1"] = snapshot("cart-1", discounts=(discount,))
    awaiting(world)


STORIES = {
    **STAGES,
    "second attempt": second_attempt,
    "order refused": order_refused,
    "with a coupon": with_a_coupon,
}


def another(world: World, cart: str) -> None:
    """A second checkout beside the first."""
    world.carts.carts[cart] = snapshot(cart)
    world.id = world.services.start.start(StartCheckout(cart, owner_id="browser")).id
