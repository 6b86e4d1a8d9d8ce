"""The stories that are told with trouble at every point, and how each of them must end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from checkout.domain.value_objects.cart_snapshot import CartSnapshot, SnapshotDiscount
from checkout.testing.builders import free_snapshot, snapshot
from checkout.testing.proof import shoppers
from checkout.testing.proof.invariants import check_always
from checkout.testing.proof.shoppers import Shopper
from checkout.testing.proof.world import World
from checkout.testing.scripted import Crash

MOST_ROUNDS = 80
METHODS = {
    "carts": ("snapshot", "close", "reopen"),
    "coupons": ("claim", "redeem", "release"),
    "inventory": ("reserve", "extend", "commit", "release"),
    "orders": ("place", "cancel"),
    "payments": ("initiate", "lookup", "close", "capture", "void", "refund"),
}


def with_coupon(cart: str = "cart-1") -> CartSnapshot:
    """Two mugs with a single-use coupon, 27.90 EUR."""
    return snapshot(cart, discounts=(SnapshotDiscount("SAVE2", "Two euros off", 200),))


def nothing_special(world: World) -> None:
    """Everybody answers at once."""


def every_first(trouble: str) -> Callable[[World], None]:
    """The first call of each method meets this trouble."""

    def prepare(world: World) -> None:
        for port, methods in METHODS.items():
            for method in methods:
                world.neighbours[port].trouble(method, trouble)

    return prepare


def sale(world: World) -> None:
    """A payment method that takes the money when it authorises it."""
    world.payments.sale = True


def sale_with_failing_refunds(world: World) -> None:
    """The provider decides against the first two refunds."""
    sale(world)
    world.payments.failing_refunds = 2


def sale_with_a_silent_refund(world: World) -> None:
    """The first request for a refund is lost, and of the second one the answer."""
    sale(world)
    world.payments.trouble("refund", "unavailable")
    world.payments.trouble("refund", "lost")


def free(world: World) -> None:
    """A cart whose total is zero."""
    world.carts.carts["cart-1"] = free_snapshot()


def silent_inventory(world: World) -> None:
    """No request for stock is answered."""
    world.inventory.trouble("reserve", "unavailable", 1000)


@dataclass(frozen=True)
class Scenario:
    """A story. `flag` is what staff is asked to look at in the end, if that is part of it."""

    name: str
    shopper: Shopper
    ends: str
    prepare: Callable[[World], None] = nothing_special
    outcome: str = ""
    flag: str = ""


# fmt: off
SCENARIOS = (
    Scenario("happy",                    shoppers.pays,                              "completed"),
    Scenario("instant",                  shoppers.pays,                              "completed",
             outcome="approve"),
    Scenario("paid_at_once",             shoppers.pays,                              "completed",
             sale),
    Scenario("free",                     shoppers.idle,                              "completed",
             free),
    Scenario("another_card",             shoppers.tries_another_card,                "completed"),
    Scenario("slow_bank",                shoppers.pays_from_a_slow_bank,             "completed"),
    Scenario("declined_then_paid",       shoppers.declined_then_pays,                "completed"),
    Scenario("told_by_message_only",     shoppers.pays_and_never_returns,            "completed"),
    Scenario("messages_out_of_order",    shoppers.pays_at_a_muddled_provider,        "completed"),
    Scenario("message_too_early",        shoppers.pays_before_we_know_the_reference, "completed"),
    Scenario("paid_in_the_last_moment",  shoppers.pays_in_the_last_moment,           "completed"),
    Scenario("aborted_too_late",         shoppers.is_cancelled_while_finalising,     "completed"),
    Scenario("interrupted",              shoppers.is_interrupted_all_the_time,       "completed"),
    Scenario("forced_to_pay_again",      shoppers.is_forced_to_pay_again,            "completed"),
    Scenario("extended",                 shoppers.asks_for_more_time,                "completed"),
    Scenario("prices_change",            shoppers.pays_while_prices_change,          "completed"),
    Scenario("nobody_answers_at_first",  shoppers.pays,                              "completed",
             every_first("unavailable")),
    Scenario("answers_are_lost",         shoppers.pays,                              "completed",
             every_first("lost")),
    Scenario("never_paid",               shoppers.idle,                              "aborted"),
    Scenario("never_paid_nor_answered",  shoppers.idle,                              "aborted",
             every_first("unavailable")),
    Scenario("cancelled",                shoppers.cancels,                           "aborted"),
    Scenario("cancelled_when_paid",      shoppers.cancels_what_is_paid,              "aborted"),
    Scenario("sold_out",                 shoppers.finds_it_sold_out,                 "aborted"),
    Scenario("refunded",                 shoppers.pays_for_what_is_gone,             "aborted",
             sale),
    Scenario("refund_unanswered",        shoppers.pays_for_what_is_gone,             "aborted",
             sale_with_a_silent_refund),
    Scenario("refund_fails_twice",       shoppers.pays_for_what_is_gone,             "aborted",
             sale_with_failing_refunds),
    Scenario("paid_after_the_end",       shoppers.pays_after_the_end,                "aborted"),
    Scenario("stock_answers_too_late",   shoppers.reserve_arrives_late,              "aborted",
             silent_inventory),
    Scenario("wrong_amount",             shoppers.pays_the_wrong_amount,             "aborted",
             flag="amount_mismatch"),
    Scenario("capture_refused",          shoppers.pays_with_a_card_that_is_withdrawn, "aborted",
             flag="capture_refused"),
)
# fmt: on


@contextmanager
def told(
    scenario: Scenario, remote: bool, seed: Callable[[World], None] = nothing_special
) -> Iterator[World]:
    """A world in which this story is about to begin. `seed` may break it first."""
    soon = 0.3  # so that a story in which nobody answers comes to the telling of the doubt
    world = World(remote, scenario.outcome, payment_window=60, grace=60, doubt_after=soon)
    world.carts.carts["cart-1"] = with_coupon()
    seed(world)
    scenario.prepare(world)
    with world:
        yield world


def drive(world: World, shopper: Shopper, most: int = MOST_ROUNDS) -> None:
    """Go through a story until nobody has anything to do, jumping over the pauses.

    Whoever dies starts again by looking at what is stored. Raises AssertionError after `most` rounds.
    """
    for _ in range(most):
        try:
            if world.id is None:
                world.start(idempotency_key="click")
                world.start(idempotency_key="click")  # two clicks are one order
            shopper(world)
            world.deliver()
            world.work()
            if world.at_rest:
                return
            world.jump()
            world.sweep()
        except Crash:
            world.died()
            if world.id is not None:
                check_always(world)
    raise AssertionError(f"L1: it never came to rest: {world.state}, {world.row.due_at}")
