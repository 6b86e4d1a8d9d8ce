"""Two workers with one key at once, and an undo that meets the call that it undoes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from checkout.domain.exceptions import Refused
from project.shop.adapters.carts import ShopCarts
from project.shop.adapters.coupons import ShopCoupons
from project.shop.adapters.inventory import ShopInventory
from project.shop.adapters.orders import ShopOrders
from project.shop.discounts import times_used
from project.shop.fill import fill_shop
from project.shop.models import Coupon, Order, OrderLine, Reservation, StockItem
from project.shop.pricing import price, snapshot
from project.shop.stock import available
from tests.adapters.shop.conftest import a_cart, at_once, in_a_while, new_key, stock, wish

pytestmark = pytest.mark.django_db(transaction=True)
SKU, OTHER = "VASE-REED", "MUG-TIDE"  # three and many in the house
carts, coupons, inventory, orders = ShopCarts(), ShopCoupons(), ShopInventory(), ShopOrders()


@pytest.fixture(autouse=True)
def stocked(transactional_db: None) -> None:
    """A stocked shop."""
    fill_shop()


def on_hand(sku: str = SKU) -> int:
    return StockItem.objects.get(product__sku=sku).on_hand


def rolled_back(call: Callable[[], object]) -> None:
    """Make the call, and roll back what it wrote, as a worker does that dies before its commit."""
    with transaction.atomic():
        call()
        transaction.set_rollback(True)


class TestInventory:
    def test_one_worker_goes_on_where_the_other_rolled_back(self) -> None:
        key = new_key("inventory.reserve")

        def reserve() -> None:
            inventory.reserve(key, [wish(SKU, 3)], in_a_while())

        assert at_once([lambda: rolled_back(reserve), reserve] * 3) == [None] * 6
        assert available([SKU]) == {SKU: 0}
        assert Reservation.objects.get().lines.get().quantity == 3

    def test_a_repeat_is_not_refused_for_what_it_holds_itself(self) -> None:
        key = new_key("inventory.reserve")
        inventory.reserve(key, [wish(SKU, 3)], in_a_while())
        stock(SKU, 0)
        inventory.reserve(key, [wish(SKU, 3)], in_a_while())

    def test_the_hold_and_its_release(self) -> None:
        for _ in range(4):
            key = new_key("inventory.reserve")
            answers = at_once(
                [
                    lambda key=key: inventory.reserve(key, [wish(SKU, 3)], in_a_while()),
                    lambda key=key: inventory.release(new_key("inventory.release"), key),
                ]
            )
            assert answers == [None] * 2
            assert (available([SKU]), on_hand()) == ({SKU: 3}, 3)

    def test_units_leave_the_house_once(self) -> None:
        key = new_key("inventory.reserve")
        inventory.reserve(key, [wish(SKU, 2), wish(OTHER, 2)], in_a_while())
        commit = new_key("inventory.commit")
        assert at_once([lambda: inventory.commit(commit, key)] * 6) == [None] * 6
        assert (on_hand(), on_hand(OTHER)) == (1, 118)

    def test_many_baskets_of_the_same_articles_are_committed_without_a_deadlock(self) -> None:
        stock(SKU, 50)
        keys = [new_key("inventory.reserve") for _ in range(12)]
        for number, key in enumerate(keys):
            lines = [wish(SKU), wish(OTHER), wish("SOAP-KELP")]
            inventory.reserve(key, lines[:: 1 if number % 2 else -1], in_a_while())
        calls = [lambda key=key: inventory.commit(new_key("inventory.commit"), key) for key in keys]
        assert at_once(calls) == [None] * 12
        assert (on_hand(), on_hand(OTHER)) == (38, 108)

    def test_extending_and_committing_at_once_take_the_units_once(self) -> None:
        key = new_key("inventory.reserve")
        inventory.reserve(key, [wish(SKU, 2)], in_a_while())
        extend, commit = new_key("inventory.extend"), new_key("inventory.commit")
        answers = at_once(
            [
                lambda: inventory.extend(extend, key, in_a_while()),
                lambda: inventory.commit(commit, key),
            ]
            * 3
        )
        assert answers == [None] * 6
        assert (available([SKU]), on_hand()) == ({SKU: 1}, 1)


class TestCarts:
    def test_closing_again_and_again_is_closing_once(self) -> None:
        cart, key = a_cart(), new_key("carts.close")
        frozen = carts.snapshot(new_key("carts.snapshot"), str(cart.pk))
        assert at_once([lambda: carts.close(key, str(cart.pk), frozen)] * 6) == [None] * 6
        cart.refresh_from_db()
        assert (cart.is_open, cart.closed_by) == (False, key)

    def test_the_closing_and_its_undo_leave_the_cart_open(self) -> None:
        cart = a_cart()
        frozen = carts.snapshot(new_key("carts.snapshot"), str(cart.pk))
        for _ in range(4):
            key = new_key("carts.close")
            answers = at_once(
                [
                    lambda key=key: carts.close(key, str(cart.pk), frozen),
                    lambda key=key: carts.reopen(new_key("carts.reopen"), key, str(cart.pk)),
                ]
            )
            assert answers == [None] * 2
            cart.refresh_from_db()
            assert (cart.is_open, cart.closed_by) == (True, "")


class TestCoupons:
    def test_one_use_is_taken_once(self) -> None:
        key = new_key("coupons.claim")
        assert at_once([lambda: coupons.claim(key, ["ONCE"], "")] * 6) == [None] * 6
        assert times_used(Coupon.objects.get(code="ONCE")) == 1

    def test_the_claim_and_its_release_leave_it_free(self) -> None:
        for _ in range(4):
            key = new_key("coupons.claim")
            answers = at_once(
                [
                    lambda key=key: coupons.claim(key, ["ONCE"], ""),
                    lambda key=key: coupons.release(new_key("coupons.release"), key),
                ]
            )
            assert answers == [None] * 2
            assert times_used(Coupon.objects.get(code="ONCE")) == 0


class TestOrders:
    def test_the_order_and_its_cancellation_leave_none(self) -> None:
        cart = a_cart({OTHER: 2})
        frozen = snapshot(cart, price(cart))
        for _ in range(4):
            key = new_key("orders.place")
            placed, cancelled = at_once(
                [
                    lambda key=key: orders.place(key, frozen, ""),
                    lambda key=key: orders.cancel(new_key("orders.cancel"), key, "timed_out"),
                ]
            )
            assert isinstance(placed, (str, Refused))
            assert cancelled is None
        assert not Order.objects.filter(status=Order.PLACED).exists()

    def test_a_number_that_another_order_has_is_drawn_anew(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawn = iter("22222222" + "22222222" + "33333333")
        monkeypatch.setattr("project.shop.adapters.orders.secrets.choice", lambda _: next(drawn))
        cart = a_cart({OTHER: 2})
        frozen = snapshot(cart, price(cart))
        assert orders.place(new_key("orders.place"), frozen, "") == "HP-22222222"
        assert orders.place(new_key("orders.place"), frozen, "") == "HP-33333333"
        assert OrderLine.objects.count() == 2
