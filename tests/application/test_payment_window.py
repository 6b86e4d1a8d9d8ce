"""Waiting for the shopper: declines, other cards, longer holds, and the end of the time to pay."""

from __future__ import annotations

from itertools import pairwise

import pytest

from checkout.domain.exceptions import Refused
from checkout.testing.proof.invariants import check, check_always
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db


def code_of(world: World) -> str:
    """Why it failed."""
    failure = world.checkout.failure
    return failure.code if failure else ""


def test_the_hold_outlasts_the_window(waiting: World) -> None:
    """G5, G6: extended when the payment begins, by more than the shopper is told."""
    checkout = waiting.checkout
    assert checkout.deadline_at is not None
    assert checkout.held_until is not None
    grace = (checkout.held_until - checkout.deadline_at).total_seconds()
    assert grace == pytest.approx(waiting.policy.grace, abs=1)
    held = list(waiting.inventory.until.values())
    assert held == [checkout.held_until]


def test_the_provider_is_asked_after_2_5_10_and_then_every_30_seconds(waiting: World) -> None:
    """C1: no message is needed."""
    asked = []
    for second in range(1, 102):
        before = len(waiting.payments.called("lookup"))
        waiting.later(1)
        if len(waiting.payments.called("lookup")) > before:
            asked.append(second)
    assert asked[:3] == [2, 5, 10]
    pauses = [later - earlier for earlier, later in pairwise(asked[2:])]
    assert pauses == [pytest.approx(30, abs=1)] * 3


def test_unpaid_at_the_deadline_is_closed_then_given_back(waiting: World) -> None:
    """G1: closed at the provider first, while it still waits and holds everything."""
    then: list[tuple[str, int]] = []
    waiting.payments.meanwhile = lambda method: (
        then.append((waiting.checkout.state, len(waiting.inventory.called("release"))))
        if method == "close"
        else None
    )
    drive(waiting, idle)
    assert then == [("awaiting_payment", 0)]
    assert code_of(waiting) == "payment_expired"
    check(waiting, most_calls=1)


def test_paid_in_the_last_moment_completes(waiting: World) -> None:
    """C3, G1, Q1: the answer to `close` says that the money is there, so it is not given back."""
    waiting.shift(901)
    waiting.payments.pay()
    waiting.payments.trouble("lookup", "unavailable", 3)
    drive(waiting, idle)
    assert waiting.checkout.state == "completed"
    assert waiting.payments.called("close")
    check(waiting)


def test_a_pending_payment_is_asked_again_and_its_stock_is_held(waiting: World) -> None:
    """G6: stock is never released while the payment may still be taken."""
    waiting.payments.last.pending = True
    waiting.later(901)
    for _ in range(12):
        waiting.jump()
        waiting.tick()
        assert waiting.checkout.state == "awaiting_payment"
        assert waiting.inventory.held
        assert not waiting.inventory.called("release")
    closes = waiting.payments.called("close")
    assert len(closes) > 3
    assert len(set(closes)) == 1
    calls = [name for name, key in waiting.inventory.calls if "close" in key]
    assert len(calls) >= len(closes), "each try to close is preceded by a longer hold"
    waiting.payments.pay()
    drive(waiting, pays)
    assert waiting.checkout.state == "completed"
    check(waiting)


def test_a_pending_payment_that_is_not_paid_in_the_end_is_given_up(waiting: World) -> None:
    waiting.payments.last.pending = True
    waiting.later(901)
    waiting.payments.last.pending = False
    drive(waiting, idle)
    assert code_of(waiting) == "payment_expired"
    check(waiting)


def test_closing_waits_for_no_hold(waiting: World) -> None:
    waiting.inventory.trouble("extend", "unavailable", 500)
    drive(waiting, idle)
    assert waiting.checkout.state == "aborted"
    check(waiting)


def test_a_decline_stays_while_the_page_is_open(waiting: World) -> None:
    """A1: no second payment is made while the first can still be paid."""
    waiting.payments.decline()
    waiting.order("confirm")
    waiting.tick()
    assert waiting.checkout.state == "awaiting_payment"
    assert waiting.body["payment"]["error"] == "card_declined"
    assert waiting.body["payment"]["action"]["type"] == "redirect"
    with pytest.raises(Refused, match="still open"):
        waiting.order("retry")
    drive(waiting, pays)
    assert waiting.checkout.state == "completed"
    check(waiting, most_calls=1)


def test_a_closed_decline_is_tried_again_under_new_keys_without_losing_the_hold(
    waiting: World,
) -> None:
    """H3, Q2: the stock stays held, and the next attempt has a generation of its own."""
    waiting.payments.decline(final=True)
    waiting.order("confirm")
    waiting.tick()
    waiting.order("retry")
    waiting.tick()
    assert waiting.checkout.generation == 2
    assert waiting.checkout.state == "awaiting_payment"
    assert len(set(waiting.payments.called("initiate"))) == 2
    assert len(set(waiting.inventory.called("extend"))) == 2
    assert len(waiting.inventory.called("reserve")) == 1
    assert not waiting.inventory.called("release")
    drive(waiting, pays)
    assert waiting.checkout.state == "completed"
    check(waiting, most_calls=1)


def test_another_try_does_not_start_the_clock_again(waiting: World) -> None:
    before = waiting.checkout.deadline_at
    waiting.shift(600)
    waiting.payments.decline(final=True)
    waiting.order("confirm")
    waiting.tick()
    waiting.order("retry")
    waiting.tick()
    assert waiting.checkout.deadline_at == before
    drive(waiting, idle)
    assert code_of(waiting) == "payment_expired"
    check(waiting)


def test_a_closed_decline_without_another_try_ends_declined(waiting: World) -> None:
    waiting.payments.decline(final=True)
    waiting.order("confirm")
    drive(waiting, idle)
    assert code_of(waiting) == "payment_declined"
    check(waiting)


def test_tries_end_at_the_limit(waiting: World) -> None:
    for attempt in range(1, waiting.policy.max_generations + 1):
        assert waiting.checkout.generation == attempt
        waiting.payments.decline(final=True)
        waiting.order("confirm")
        waiting.tick()
        if attempt < waiting.policy.max_generations:
            waiting.order("retry")
            waiting.tick()
    with pytest.raises(Refused) as refused:
        waiting.order("retry")
    assert refused.value.code == "too_many_attempts"


def test_extending_moves_deadline_and_hold_together(waiting: World) -> None:
    before = waiting.checkout.deadline_at
    assert before is not None
    waiting.order("extend")
    waiting.order("extend")
    waiting.tick()
    after = waiting.checkout
    assert after.deadline_at is not None
    assert after.held_until is not None
    assert (after.deadline_at - before).total_seconds() == 2 * waiting.policy.extension
    assert (after.held_until - after.deadline_at).total_seconds() == waiting.policy.grace
    assert (after.extensions, waiting.body["extensions"]) == (2, 2)
    waiting.later(1000)
    assert waiting.checkout.state == "awaiting_payment"
    drive(waiting, pays)
    check(waiting, most_calls=1)


def test_a_refused_extension_moves_nothing(waiting: World) -> None:
    before = waiting.checkout.deadline_at
    waiting.inventory.trouble("extend", "refused")
    waiting.order("extend")
    waiting.tick()
    assert waiting.checkout.deadline_at == before
    assert waiting.checkout.extensions == 0
    check_always(waiting)


@pytest.mark.parametrize(
    ("amount", "currency"), [(2989, ""), (2991, ""), (2990, "USD"), (1, ""), (0, "")]
)
def test_money_that_is_not_the_total_goes_back(waiting: World, amount: int, currency: str) -> None:
    """E4: amount and currency must be those of the snapshot."""
    waiting.payments.pay(amount, currency)
    waiting.order("confirm")
    drive(waiting, idle)
    assert waiting.checkout.state == "aborted"
    assert code_of(waiting) == ("amount_mismatch" if amount else "payment_expired")
    assert waiting.checkout.needs_attention == ("amount_mismatch" if amount else "")
    check(waiting)


def test_money_for_another_snapshot_goes_back(waiting: World) -> None:
    """A10, E5: a payment is bound to the cart that it was made for."""
    waiting.payments.change(digest="another cart")
    waiting.payments.pay()
    waiting.order("confirm")
    drive(waiting, idle)
    assert code_of(waiting) == "amount_mismatch"
    check(waiting)


def test_a_silent_provider_is_said_to_be_silent(waiting: World) -> None:
    """Nobody may say "not charged" without knowing it."""
    waiting.payments.trouble("lookup", "unavailable", 500)
    waiting.order("confirm")
    waiting.tick()
    assert waiting.body["money"]["status"] == "checking"
    check_always(waiting)
    for _ in range(12):
        waiting.jump()
        waiting.tick()
    assert waiting.checkout.needs_attention == "retrying"
    waiting.payments.forget_troubles()
    drive(waiting, pays)
    assert waiting.checkout.needs_attention == ""
    check(waiting)
