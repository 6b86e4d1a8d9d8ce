"""For a while nobody knows whether the shopper has paid: that is told once, and never too early."""

from __future__ import annotations

import pytest

from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db
DOUBT = "payment_in_doubt"
END = {"checkout_completed", "checkout_aborted"}


def pass_time(world: World, seconds: float) -> None:
    """Let so much time pass, with a look now and then."""
    while seconds > 0:
        step = min(seconds, 31)
        world.later(step)
        seconds -= step


def told(world: World) -> int:
    """How often the doubt was told."""
    return world.published.types.count(DOUBT)


def test_it_is_told_once_after_ten_minutes_of_silence(waiting: World) -> None:
    waiting.payments.trouble("lookup", "unavailable", 500)
    pass_time(waiting, 590)
    assert waiting.body["money"]["status"] == "checking"
    assert told(waiting) == 0
    pass_time(waiting, 60)
    assert told(waiting) == 1
    pass_time(waiting, 200)
    assert told(waiting) == 1
    waiting.payments.forget_troubles()
    waiting.payments.pay()
    drive(waiting, pays)
    assert waiting.checkout.state == "completed"
    assert [kind for kind in waiting.published.types if kind in {DOUBT, *END}] == [
        DOUBT,
        "checkout_completed",
    ]
    check(waiting)


def test_an_answer_in_between_begins_it_anew(waiting: World) -> None:
    waiting.payments.trouble("lookup", "unavailable", 500)
    pass_time(waiting, 400)
    waiting.payments.forget_troubles()
    pass_time(waiting, 90)
    assert waiting.body["money"]["status"] == "not_charged"
    waiting.payments.trouble("lookup", "unavailable", 500)
    pass_time(waiting, 380)
    assert waiting.body["money"]["status"] == "checking"
    assert told(waiting) == 0


def test_who_was_away_asks_before_it_is_told(waiting: World) -> None:
    """Our own outage is nobody's doubt: the first thing after it is to ask."""
    waiting.payments.trouble("lookup", "unavailable", 1)
    waiting.later(3)
    assert waiting.body["money"]["status"] == "checking"
    waiting.payments.pay()
    waiting.later(3600)
    assert waiting.checkout.state == "completed"
    assert told(waiting) == 0


def test_an_idle_shopper_is_no_doubt(waiting: World) -> None:
    drive(waiting, idle)
    assert waiting.checkout.state == "aborted"
    assert told(waiting) == 0


@pytest.mark.parametrize("method", ["initiate", "close"])
def test_it_is_told_at_its_time_between_two_long_pauses(world: World, method: str) -> None:
    """Undoing pauses up to a quarter of an hour: the doubt does not wait for that."""
    world.start()
    if method == "close":
        world.tick()
        world.order("abort")
    world.payments.trouble("initiate", "lost", 500)
    for silent in ("close", "lookup"):
        world.payments.trouble(silent, "unavailable", 500)
    world.tick()
    began = world.checkout.effect(f"payments.{method}")
    assert began is not None
    for _ in range(60):
        if told(world):
            break
        world.jump()
        world.tick()
    assert told(world) == 1
    at = world.checkout.doubt_told_at
    assert at is not None
    assert began.intended_at is not None
    assert 600 <= (at - began.intended_at).total_seconds() < 603
    world.payments.forget_troubles()
    drive(world, idle)
    assert world.checkout.state == "aborted"
    assert told(world) == 1
    check(world)


def test_the_end_says_what_was_taken_and_what_is_held(world: World) -> None:
    """A mail that says "not charged" must be able to know it."""
    world.payments.sale = True
    world.orders.trouble("place", "refused")
    world.payments.pending_refunds = True
    world.start()
    world.tick()
    world.payments.pay()
    world.order("confirm")
    world.run_until_quiet(10)
    assert world.checkout.state == "aborted"
    end = next(e for e in world.published.events if e["type"] == "checkout_aborted.v1")
    assert (end["data"]["charged"], end["data"]["held"]) == (2990, 0)
    assert end["data"]["currency"] == "EUR"


def test_a_link_that_is_asked_for_is_told_and_changes_nothing(waiting: World) -> None:
    before = waiting.checkout.version
    waiting.order("link")
    waiting.tick()
    assert waiting.published.types[-1] == "link_requested"
    assert waiting.published.events[-1]["data"]["state"] == "awaiting_payment"
    assert waiting.checkout.version == before
    drive(waiting, pays)
    waiting.order("link")
    waiting.tick()
    assert waiting.published.events[-1]["data"]["state"] == "completed"
    check(waiting)
