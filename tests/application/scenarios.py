"""Whole stories of a checkout, told so that they can be interrupted anywhere and go on.

A shopper looks at the screen and does the next thing. Nothing is kept between two looks, so that a
story goes on after a crash as a person would: by looking again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import CartSnapshot, SnapshotDiscount
from checkout.testing.builders import free_snapshot, snapshot
from checkout.testing.scripted import Crash
from tests.application.world import World

Shopper = Callable[[World], None]


def with_coupon(cart: str = "cart-1") -> CartSnapshot:
    """Two mugs with a single-use coupon, 27.90 EUR."""
    return snapshot(cart, discounts=(SnapshotDiscount("SAVE2", "Two euros off", 200),))


def idle(world: World) -> None:
    """A shopper who went away."""


def pays(world: World) -> None:
    """A shopper who pays as soon as there is a payment page."""
    if world.checkout.state == "awaiting_payment" and not world.payments.last.facts.closed:
        if not world.payments.last.facts.paid:
            world.payments.pay()
        world.order("confirm")


def declined_then_pays(world: World) -> None:
    """The first card is declined for good; the shopper tries again and pays."""
    if world.checkout.state != "awaiting_payment":
        return
    if len(world.payments.payments) > 1:
        pays(world)
    elif not world.payments.last.facts.closed:
        world.payments.decline(final=True)
        world.order("confirm")
    else:
        with suppress(Refused):  # the provider's answer is not known to us yet
            world.order("retry")


def cancels(world: World) -> None:
    """The shopper changes their mind on the payment page."""
    if world.checkout.state == "awaiting_payment":
        world.order("abort", reason="too expensive")


def paid_and_sold_out(world: World) -> None:
    """The money is captured at once, and then the stock can't be had: it must all go back."""
    if world.checkout.state == "awaiting_payment":
        if not world.payments.last.facts.captured:
            world.inventory.stock["mug"] = 0
            world.inventory.lapsed |= set(world.inventory.held)
        pays(world)
    elif world.checkout.state.is_final:
        world.inventory.stock["mug"] = 10


@dataclass(frozen=True)
class Scenario:
    """A story: the cart, what the shopper does, and how it must end."""

    name: str
    shopper: Shopper
    ends: str
    free: bool = False
    sale: bool = False
    outcome: str = ""


SCENARIOS = (
    Scenario("happy", pays, "completed"),
    Scenario("instant", pays, "completed", outcome="approve"),
    Scenario("declined_then_paid", declined_then_pays, "completed"),
    Scenario("deadline", idle, "aborted"),
    Scenario("cancelled", cancels, "aborted"),
    Scenario("refunded", paid_and_sold_out, "aborted", sale=True),
    Scenario("free", idle, "completed", free=True),
)


@contextmanager
def told(scenario: Scenario, remote: bool) -> Iterator[World]:
    """A world in which this story is about to begin."""
    world = World(remote, outcome=scenario.outcome, payment_window=12, grace=60)
    world.payments.sale = scenario.sale
    world.carts.carts["cart-1"] = free_snapshot() if scenario.free else with_coupon()
    with world:
        yield world


def drive(world: World, shopper: Shopper, most: int = 150) -> None:
    """Go through a story until nothing is due any more, jumping over the pauses."""
    if world.id is None:
        world.start()
    for _ in range(most):
        with suppress(Crash):
            shopper(world)
            world.tick()
            if world.quiet and not world.untold:
                return
        world.jump()
    raise AssertionError(f"It never came to rest: {world.checkout.state}, {world.row.due_at}")
