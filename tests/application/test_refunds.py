"""Money of a placed order that staff gives back: ordered once, due from then on, seen through."""

from __future__ import annotations

import pytest

from checkout.domain.exceptions import Refused
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db


def give_back(world: World, amount: object) -> None:
    """Staff orders a refund in minor units."""
    world.order("refund", amount=amount, actor="user:7", reason="a broken mug")
    assert isinstance(amount, int)
    world.staff_refunds[world.known] = world.staff_refunds.get(world.known, 0) + amount


@pytest.mark.parametrize(
    ("amount", "status", "shown"), [(2990, "refunded", 2990), (500, "charged", 2490)]
)
def test_what_staff_gives_back_is_not_due_any_more(
    bought: World, amount: int, status: str, shown: int
) -> None:
    give_back(bought, amount)
    drive(bought, idle)
    assert bought.checkout.state == "completed"
    assert bought.payments.last.facts.returned == amount
    assert bought.body["money"] == {"status": status, "amount": shown, "currency": "EUR"}
    assert bought.published.types.count("payment_refunded") == 1
    check(bought, most_calls=1)


def test_until_the_provider_says_so_it_is_on_its_way(bought: World) -> None:
    """Never counted as returned before it is confirmed (H1); asked for once, whatever happens."""
    bought.payments.pending_refunds = True
    give_back(bought, 500)
    for _ in range(4):
        bought.tick()
        bought.jump()
    assert bought.body["money"] == {"status": "refunding", "amount": 500, "currency": "EUR"}
    assert bought.published.types.count("payment_refunded") == 0
    with pytest.raises(Refused) as refused:
        give_back(bought, 100)
    assert refused.value.code == "nothing_to_refund"
    bought.payments.pending_refunds = False
    drive(bought, idle)
    assert len(set(bought.payments.called("refund"))) == 1
    check(bought)


def test_a_refund_of_staff_that_fails_is_asked_for_again(bought: World) -> None:
    bought.payments.failing_refunds = 2
    give_back(bought, 700)
    drive(bought, idle)
    assert len(set(bought.payments.called("refund"))) == 3
    assert bought.checkout.needs_attention == ""
    check(bought)


def test_two_refunds_one_after_the_other_add_up(bought: World) -> None:
    give_back(bought, 700)
    drive(bought, idle)
    give_back(bought, 2290)
    drive(bought, idle)
    assert bought.payments.last.facts.kept == 0
    check(bought, most_calls=1)


@pytest.mark.parametrize("amount", [0, -1, 2991, True, "500", None, 5.0])
def test_an_amount_that_is_not_there_is_refused_and_nothing_moves(
    bought: World, amount: object
) -> None:
    with pytest.raises(Refused, match="Between 1 and 2990 minor units") as refused:
        give_back(bought, amount)
    assert refused.value.code == "bad_amount"
    check(bought, most_calls=1)


def test_before_there_is_an_order_nothing_is_refunded_by_order(world: World) -> None:
    world.start()
    world.tick()
    with pytest.raises(Refused) as refused:
        give_back(world, 100)
    assert refused.value.code == "nothing_to_refund"


def test_an_order_that_cost_nothing_has_nothing_to_refund(world: World) -> None:
    from checkout.testing.builders import free_snapshot

    world.carts.carts["cart-1"] = free_snapshot()
    world.start()
    drive(world, idle)
    with pytest.raises(Refused) as refused:
        give_back(world, 1)
    assert refused.value.code == "nothing_to_refund"


def test_a_failing_refund_does_not_hide_why_staff_was_asked(world: World) -> None:
    """The flag of a wrong amount outlives the trouble of giving the money back."""
    world.payments.sale, world.payments.failing_refunds = True, 2
    world.start()
    world.tick()
    world.payments.pay(100)
    world.order("confirm")
    drive(world, idle)
    assert world.payments.last.facts.kept == 0
    assert world.checkout.needs_attention == "amount_mismatch"
    check(world)


def test_what_came_in_another_currency_is_shown_in_it(world: World) -> None:
    """Nobody is told of euros who was charged dollars."""
    world.payments.sale, world.payments.pending_refunds = True, True
    world.start()
    world.tick()
    world.payments.pay(2990, "USD")
    world.order("confirm")
    world.tick()
    assert world.body["money"] == {"status": "refunding", "amount": 2990, "currency": "USD"}
    world.payments.pending_refunds = False
    drive(world, idle)
    assert world.body["money"] == {"status": "refunded", "amount": 2990, "currency": "USD"}
    refunded = [e for e in world.published.events if e["type"] == "payment_refunded.v1"]
    assert [event["data"]["currency"] for event in refunded] == ["USD"]
    check(world)
