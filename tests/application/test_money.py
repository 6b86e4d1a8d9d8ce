"""Money that comes late, goes back badly, or was taken only in part."""

from __future__ import annotations

import pytest

from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays, pays_for_what_is_gone
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db


def sold(world: World) -> None:
    """A shopper whose money is captured at once, for stock that can't be had any more."""
    world.payments.sale = True
    pays_for_what_is_gone(world)


def captures_part(world: World, amount: int) -> None:
    """The provider takes a part when asked for all, and lets the rest go."""
    whole = world.payments.last.money.amount
    world.payments.change(captured=amount, voided=whole - amount, closed=True)


@pytest.mark.parametrize("sale", [False, True], ids=["authorised", "captured"])
def test_money_that_comes_after_the_end_goes_back_and_is_shown(world: World, sale: bool) -> None:
    """G2: the page of the provider outlived ours."""
    world.start()
    drive(world, idle)
    version = world.checkout.version
    world.payments.change(authorised=2990, captured=2990 if sale else 0)
    world.order("recheck", actor="user:7")
    drive(world, idle)
    assert world.checkout.state == "aborted"
    assert world.checkout.version > version
    assert bool(world.payments.called("refund")) == sale
    assert bool(world.payments.called("void")) == (not sale)
    assert world.body["money"]["status"] == ("refunded" if sale else "not_charged")
    assert world.published.types.count("payment_refunded") == int(sale)
    assert world.published.types.count("checkout_aborted") == 1
    check(world)


def test_late_money_is_found_by_the_last_look_of_a_day_later(world: World) -> None:
    """G2: no webhook tells of it; one look 24 h after the end is enough."""
    world.start()
    drive(world, idle)
    world.payments.change(authorised=2990, captured=2990)
    world.shift(86_500)
    drive(world, idle)
    assert world.body["money"] == {"status": "refunded", "amount": 2990, "currency": "EUR"}
    assert world.row.due_at is None
    check(world)


def test_after_the_last_look_nothing_is_due_any_more(world: World) -> None:
    world.start()
    drive(world, pays)
    looks = len(world.payments.called("lookup"))
    world.later(86_500)
    assert len(world.payments.called("lookup")) == looks + 1
    assert world.row.due_at is None
    check(world)


@pytest.mark.parametrize("sale", [False, True], ids=["authorised", "captured"])
def test_money_of_an_earlier_attempt_goes_back_after_the_order(world: World, sale: bool) -> None:
    """C12: the first card is charged after all, after the second has paid: one of them goes back."""
    world.start()
    world.tick()
    world.payments.decline(final=True)
    world.order("confirm")
    world.tick()
    world.order("retry")
    drive(world, pays)
    assert world.checkout.state == "completed"
    world.payments.change("pay_1", authorised=2990, captured=2990 if sale else 0)
    world.order("recheck", actor="user:7")
    drive(world, idle)
    check(world)


def test_a_failing_refund_is_asked_for_again_until_it_works(world: World) -> None:
    """H1: a refund that failed was no refund."""
    world.payments.failing_refunds = 3
    world.start()
    drive(world, sold)
    refunds = world.payments.called("refund")
    assert len(refunds) == len(set(refunds)) == 4
    assert world.checkout.needs_attention == ""
    outcomes = [effect.outcome for effect in world.checkout.named("payments.refund")]
    assert outcomes == ["refused"] * 3 + ["done"]
    told = [e["data"]["refunded"] for e in world.published.events if "refunded" in e["data"]]
    assert told == [2990]
    check(world)


def test_a_failing_refund_is_shown_to_staff(world: World) -> None:
    """H1: requested is not returned."""
    world.payments.failing_refunds = 1000
    world.start()
    for _ in range(8):
        sold(world)
        world.tick()
        world.jump()
    checkout = world.checkout
    assert checkout.state == "aborted"
    assert checkout.needs_attention == "refund_failing"
    assert world.body["money"]["status"] == "refunding"
    assert len(world.payments.called("refund")) <= 8
    world.payments.failing_refunds = 0
    drive(world, sold)
    check(world)


def test_a_pending_refund_holds_up_nobody_and_is_asked_for_once(world: World) -> None:
    """Requested is enough to go on: stock, coupon and cart are given back at once."""
    world.payments.pending_refunds = True
    world.start()
    for _ in range(8):
        sold(world)
        world.tick()
        world.jump()
    assert world.checkout.state == "aborted"
    assert not world.inventory.held
    assert not world.carts.closed_by
    assert world.body["money"] == {"status": "refunding", "amount": 2990, "currency": "EUR"}
    assert len(set(world.payments.called("refund"))) == 1
    world.payments.pending_refunds = False
    drive(world, sold)
    assert len(set(world.payments.called("refund"))) == 1
    check(world)


def test_a_void_that_is_refused_because_it_was_captured_becomes_a_refund(world: World) -> None:
    """H5: void or refund is chosen from the facts: after a no they are looked up again."""
    world.start()
    world.tick()
    world.payments.pay()

    def captured_meanwhile(method: str) -> None:
        if method == "void":
            world.payments.change(captured=2990, closed=True)

    world.payments.meanwhile = captured_meanwhile
    world.order("abort")
    drive(world, idle)
    assert len(world.payments.called("void")) == 1
    assert len(world.payments.called("refund")) == 1
    check(world)


def test_a_refused_capture_cancels_the_order_and_lets_the_money_go(world: World) -> None:
    """B8: no order stands without its money, and the checkout is kept."""
    world.payments.trouble("capture", "refused")
    order: list[str] = []
    world.orders.meanwhile = world.payments.meanwhile = order.append
    world.start()
    drive(world, pays)
    checkout = world.checkout
    assert checkout.state == "aborted"
    assert checkout.failure is not None
    assert checkout.failure.code == "capture_refused"
    assert checkout.needs_attention == "capture_refused"
    assert len(world.orders.placed) == len(world.orders.cancelled) == 1
    assert order.index("place") < order.index("cancel") < order.index("close")
    check(world)


def test_a_refused_capture_is_looked_up_before_it_is_believed(world: World) -> None:
    """They said no, but the money is there: the order stands."""
    world.payments.trouble("capture", "refused")
    world.payments.meanwhile = lambda method: (
        world.payments.change(captured=2990, closed=True) if method == "capture" else None
    )
    world.start()
    drive(world, pays)
    assert world.checkout.state == "completed"
    check(world)


def test_a_refused_capture_waits_for_a_provider_that_does_not_say_what_is_true(
    world: World,
) -> None:
    world.start()
    world.tick()
    world.payments.pay()
    world.payments.trouble("capture", "refused")
    world.order("confirm")
    world.payments.meanwhile = lambda method: (
        world.payments.trouble("lookup", "unavailable", 3) if method == "capture" else None
    )
    world.tick()
    assert world.checkout.state == "payment_confirmed"
    asked = len(world.payments.called("lookup"))
    assert asked <= 3
    world.payments.meanwhile = lambda method: None
    drive(world, pays)
    assert world.checkout.state == "aborted"
    check(world)


@pytest.mark.parametrize("answer", ["refused", "unavailable"])
def test_a_capture_that_got_only_a_part_cancels_the_order_and_gives_the_part_back(
    world: World, answer: str
) -> None:
    """E4: no order is kept for less than its total."""
    world.payments.trouble("capture", answer)
    world.payments.meanwhile = lambda method: (
        captures_part(world, 1000) if method == "capture" else None
    )
    world.start()
    drive(world, pays)
    assert world.checkout.state == "aborted"
    assert len(world.orders.cancelled) == 1
    assert world.payments.last.facts.returned == 1000
    check(world)


def test_a_capture_without_an_answer_is_looked_up_before_it_is_repeated(world: World) -> None:
    """A3, B3: asked whether it is done before it is done again."""
    world.payments.trouble("capture", "lost")
    world.start()
    drive(world, pays)
    assert world.checkout.state == "completed"
    assert len(world.payments.called("capture")) == 1
    check(world)


def test_an_order_without_its_coupon_stands_and_is_shown(world: World) -> None:
    from checkout.testing.proof.scenarios import with_coupon

    world.carts.carts["cart-1"] = with_coupon()
    world.coupons.trouble("redeem", "refused")
    world.start()
    drive(world, pays)
    assert world.checkout.state == "completed"
    assert world.checkout.needs_attention == "coupon_not_redeemed"
    check(world)


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
def test_stock_that_cannot_be_had_again_aborts_before_there_is_an_order(remote: bool) -> None:
    """B2: paid, and it can't be delivered: the money goes back by itself."""
    with World(remote) as world:
        world.start()
        world.tick()
        world.inventory.lapsed |= set(world.inventory.held)
        world.inventory.stock["mug"] = 1
        drive(world, pays)
        checkout = world.checkout
        assert checkout.state == "aborted"
        assert checkout.failure is not None
        assert checkout.failure.code == "out_of_stock"
        assert not world.orders.placed
        assert world.payments.called("void")
        world.inventory.stock["mug"] = 10
        check(world, most_calls=1)


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
@pytest.mark.parametrize("step", range(6))
def test_what_the_shop_changes_meanwhile_moves_nothing(remote: bool, step: int) -> None:
    """E1, E2, S6: prices, coupons and stock change between every two ticks; the frozen total holds."""
    from checkout.testing.builders import line, snapshot
    from checkout.testing.proof.scenarios import with_coupon

    with World(remote) as world:
        world.carts.carts["cart-1"] = with_coupon()
        world.carts.trouble("close", "lost", int(step > 0))
        world.inventory.trouble("reserve", "lost", int(step > 1))
        world.payments.trouble("initiate", "lost", int(step > 2))
        world.orders.trouble("place", "lost", int(step > 3))
        world.start()
        world.tick()

        def dearer(world: World) -> None:
            world.carts.carts["cart-1"] = snapshot(lines=(line(unit_price=9999),))
            world.coupons.limit = 0
            world.inventory.stock["mug"] = max(10 - step, 2)
            pays(world)

        drive(world, dearer)
        assert world.checkout.total == world.payments.last.facts.captured == 2790
        assert next(iter(world.orders.live.values())) == with_coupon()
        world.inventory.stock["mug"] = 10
        check(world)


def test_while_aborting_nobody_says_not_charged_before_the_payment_is_closed(world: World) -> None:
    world.start()
    world.tick()
    world.payments.trouble("close", "unavailable")
    world.order("abort")
    world.tick()
    assert (world.body["state"], world.body["money"]["status"]) == ("aborting", "checking")
    world.run_until_quiet()
    assert (world.body["state"], world.body["money"]["status"]) == ("aborted", "not_charged")
