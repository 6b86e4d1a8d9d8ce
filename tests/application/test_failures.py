"""What went wrong in other shops, told again with ours: see docs/money.md, where each has a row.

Each docstring begins with the numbers of its entries. Entries that are shown elsewhere are named in
the docstrings there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.utils import translation

from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.application.ports.outbound.payments_port import PaymentInitiated
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import effect_key
from checkout.domain.value_objects.money import Money
from checkout.testing.builders import free_snapshot, line, snapshot
from checkout.testing.fake_payments import FakePayments
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive, with_coupon
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db

HALF_AN_HOUR, FOUR_WEEKS = 1800.0, 28 * 86_400.0


def failure_of(world: World) -> str:
    """Why it failed."""
    return world.checkout.failure.code if world.checkout.failure else ""


def paid_for(world: World) -> None:
    """The shopper has paid, and nobody knows."""
    world.start()
    world.tick()
    world.payments.pay()


class Attentive(FakePayments):
    """Keeps what it was asked to create, word for word."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, Money, str, str]] = []

    def initiate(self, key: str, money: Money, digest: str, return_url: str) -> PaymentInitiated:
        """Note it, then do as usual."""
        self.asked.append((key, money, digest, return_url))
        return super().initiate(key, money, digest, return_url)


# A: charged twice, ordered twice --------------------------------------------------------------------


def test_every_refresh_ends_in_the_same_payment(world: World) -> None:
    """A2, A7: the page is loaded, sent and clicked again at every moment; one payment, one order."""

    def restless(world: World) -> None:
        for _ in range(3):
            world.start(idempotency_key="click")
            world.order("confirm")
        pays(world)

    world.start(idempotency_key="click")
    drive(world, lambda world: None if world.checkout.state.is_final else restless(world))
    assert world.checkout.state == "completed"
    assert len(world.payments.payments) == CheckoutSession.objects.count() == 1
    check(world, most_calls=1)


@pytest.mark.parametrize("trouble", ["lost", "unavailable", "crash_after"])
def test_a_payment_whose_creation_was_not_answered_is_the_one_that_is_paid(trouble: str) -> None:
    """A3: it seemed to fail on the wire and did not: no second one is made, nor one retried."""
    with World(remote=True) as world:
        world.payments.trouble("initiate", trouble)
        world.start()
        drive(world, pays)
        assert world.checkout.state == "completed"
        assert len(world.payments.payments) == 1
        assert set(world.payments.called("initiate")) == {
            effect_key(world.known, "payments.initiate", 1)
        }
        check(world, most_calls=2)


def test_a_creation_that_is_refused_when_it_is_repeated_is_looked_for_first() -> None:
    """A3: the first try went through unanswered, the second is refused: it may be paid already."""
    with World(remote=True, outcome="approve") as world:
        world.payments.sale = True
        tries: list[str] = []

        def refuses_the_second(method: str) -> None:
            tries.extend([method] if method == "initiate" else [])
            if method == "initiate" and len(tries) == 2:
                raise Refused("payment_refused", "This account takes no payments today.")

        world.payments.meanwhile = refuses_the_second
        world.payments.trouble("initiate", "lost")
        world.start()
        drive(world, idle)
        assert len(tries) == 3
        assert world.checkout.state == "completed"
        check(world)


def test_a_repeated_creation_says_word_for_word_the_same() -> None:
    """A4, A5: neither prices, language nor settings of the moment get into a key or a request."""
    with World(remote=True) as world:
        world.payments = attentive = Attentive()
    with world:
        attentive.trouble("initiate", "unavailable", 3)
        with translation.override("en"):
            world.start(return_url="https://shop.example/back/{id}/")
            world.tick()
        world.carts.carts["cart-1"] = snapshot(lines=(line(unit_price=9999),))
        with translation.override("de"):
            drive(world, pays)
        assert world.checkout.state == "completed"
        assert len(attentive.asked) > 3
        assert len(set(attentive.asked)) == 1
        assert attentive.asked[0][0] == effect_key(world.known, "payments.initiate", 1)


def test_message_return_and_polling_end_in_one_order(world: World) -> None:
    """A8, B7, C2: all three tell of the same payment between any two ticks, and each asks for more."""
    world.start()
    world.tick()
    world.payments.pay()
    for number in range(3):
        world.post(f"evt-{number}", "payment.authorised")
        world.order("confirm")
        world.deliver()
        world.shift(3)
        world.work()
        world.sweep()
    drive(world, idle)
    assert world.checkout.state == "completed"
    assert list(world.orders.placed) == [effect_key(world.known, "orders.place", 1)]
    check(world, most_calls=1)


def test_of_two_payments_that_look_alike_each_is_given_back_once() -> None:
    """A11: two identical orders fail; the refunds go by payment, never by amount."""
    with World() as world:
        world.payments.sale = True
        for cart in ("cart-1", "cart-2"):
            world.carts.carts[cart] = snapshot(cart)
            world.start(cart)
            world.tick()
            world.payments.pay()
            world.order("abort")
            drive(world, idle)
        returned = [payment.facts.returned for payment in world.payments.payments.values()]
        assert returned == [2990, 2990]
        assert len(set(world.payments.called("refund"))) == 2


# B: paid, and no order ------------------------------------------------------------------------------


@pytest.mark.parametrize("told_by", ["a message", "the shopper", "nobody"])
def test_whoever_tells_of_it_or_nobody_the_paid_cart_is_ordered(world: World, told_by: str) -> None:
    """B1, C5: the tab is closed, the message lost: none of the ways relies on another one."""
    paid_for(world)
    if told_by == "a message":
        world.post("evt-1", "payment.authorised")
    elif told_by == "the shopper":
        world.order("confirm")
    drive(world, idle)
    assert world.checkout.state == "completed"
    check(world, most_calls=1)


@pytest.mark.parametrize("sale", [False, True], ids=["authorised", "captured"])
def test_what_was_paid_and_cannot_be_ordered_goes_back_by_itself(world: World, sale: bool) -> None:
    """B2: the shop refuses the order after 3-D Secure: money, stock, coupon and cart go back."""
    world.carts.carts["cart-1"] = with_coupon()
    world.payments.sale = sale
    world.orders.trouble("place", "refused")
    paid_for(world)
    drive(world, idle)
    assert (world.checkout.state, failure_of(world)) == ("aborted", "place_refused")
    assert world.body["money"]["status"] == ("refunded" if sale else "not_charged")
    check(world, most_calls=1)


def test_nothing_that_fails_after_the_order_touches_it(world: World) -> None:
    """B5: the receiver that sends the mails is away for half an hour; the cart stays closed."""
    world.published.failing = 40
    paid_for(world)
    for _ in range(40):
        world.jump()
        world.work()
        world.sweep()
        assert world.checkout.state in ("awaiting_payment", "payment_confirmed", "completed")
    assert world.checkout.state == "completed"
    assert world.carts.closed_by
    assert len(world.orders.live) == 1
    with pytest.raises(Refused):
        world.order("abort")
    world.shift(HALF_AN_HOUR)
    drive(world, idle)
    check(world)


def test_a_payment_that_cannot_be_created_leaves_a_cart_that_can_be_bought(world: World) -> None:
    """B8, H2: no order was made, the checkout is kept, and the same cart can be ordered anew."""
    world.payments.trouble("initiate", "refused")
    first = world.start()
    drive(world, idle)
    assert (world.checkout.state, failure_of(world)) == ("aborted", "initiate_refused")
    assert not world.orders.placed
    check(world)
    assert world.start() != first
    drive(world, pays)
    assert world.checkout.state == "completed"
    assert set(CheckoutSession.objects.values_list("state", flat=True)) == {"aborted", "completed"}


# C: events ------------------------------------------------------------------------------------------


def test_no_answer_is_no_failure_and_nobody_is_told_of_one(world: World) -> None:
    """C6: "this key is in use" and silence mean later: no event and no word says that it failed."""
    world.payments.trouble("initiate", "unavailable", 2)
    world.payments.trouble("lookup", "unavailable", 2)
    world.payments.trouble("capture", "unavailable", 2)
    world.start()
    shown: list[Mapping[str, Any] | None] = []

    def watched(world: World) -> None:
        shown.append(world.body["failure"])
        pays(world)

    drive(world, watched)
    assert world.checkout.state == "completed"
    assert set(map(str, shown)) == {"None"}
    assert not {"payment_failed", "checkout_aborted"} & set(world.published.types)
    check(world)


# E: amounts, F: coupons, G: timeouts ----------------------------------------------------------------


def test_a_total_of_zero_is_decided_when_the_cart_is_frozen(world: World) -> None:
    """E6: nobody is sent to pay nothing, and no payment is made."""
    world.carts.carts["cart-1"] = free_snapshot()
    world.start()
    drive(world, idle)
    assert world.checkout.state == "completed"
    assert not world.payments.calls
    check(world, most_calls=1)


@pytest.mark.parametrize("silent", [1, 6])
def test_a_claimed_coupon_is_given_back_however_often_it_must_be_asked(silent: int) -> None:
    """F3: giving back has tries of its own, and holds up nothing else."""
    with World(remote=True) as world:
        world.carts.carts["cart-1"] = with_coupon()
        world.coupons.trouble("release", "unavailable", silent)
        world.start()
        world.tick()
        world.order("abort")
        world.tick()
        assert not world.inventory.held
        drive(world, idle)
        assert world.coupons.uses("SAVE2") == 0
        check(world)


@pytest.mark.parametrize("found_after", [3600.0, FOUR_WEEKS], ids=["an hour", "four weeks"])
def test_money_that_is_found_after_weeks_buys_nothing_any_more(
    world: World, found_after: float
) -> None:
    """G7: a checkout that nobody drove for weeks is not completed silently: money back, staff told.

    After an outage of an hour the shopper still wants what they paid for.
    """
    world.start()
    world.tick()
    world.payments.last.pending = True
    world.shift(found_after)
    world.payments.pay()
    drive(world, idle)
    if found_after == FOUR_WEEKS:
        assert (world.checkout.state, failure_of(world)) == ("aborted", "paid_too_late")
        assert world.checkout.needs_attention == "paid_too_late"
    else:
        assert (world.checkout.state, failure_of(world)) == ("completed", "")
    check(world)
