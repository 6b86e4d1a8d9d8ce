"""Orders: copied from the frozen cart, one per key, and what the audits say about them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from project.shop import audits
from project.shop.adapters.coupons import ShopCoupons
from project.shop.adapters.inventory import ShopInventory
from project.shop.adapters.orders import ShopOrders
from project.shop.fill import fill_shop
from project.shop.models import Coupon, Order, Product, StockItem
from project.shop.pricing import price, snapshot
from tests.adapters.shop.conftest import a_cart, at_once, in_a_while, new_key, refused, wish

orders = ShopOrders()
pytestmark = pytest.mark.usefixtures("shop")


def frozen() -> CartSnapshot:
    cart = a_cart({"MUG-TIDE": 2}, "WELCOME10", email="a@example.com", shipping="express")
    return snapshot(cart, price(cart))


class TestPlace:
    def test_the_order_is_the_snapshot(self) -> None:
        wanted = frozen()
        Product.objects.update(price=1, name="Changed")
        number = orders.place(new_key("orders.place"), wanted, "pay_1")
        order = Order.objects.get(number=number)
        assert (order.total, order.currency, order.digest) == (4230, "EUR", wanted.digest)
        assert (order.email, order.payment) == ("a@example.com", "pay_1")
        assert [(x.sku, x.name, x.quantity, x.total) for x in order.lines.all()] == [
            ("MUG-TIDE", "Tide mug", 2, 3600)
        ]
        assert order.discounts[0]["amount"] == 360

    def test_twice_with_one_key_is_one_order(self) -> None:
        key, wanted = new_key("orders.place"), frozen()
        assert orders.place(key, wanted, "") == orders.place(key, wanted, "")
        assert Order.objects.get(key=key).lines.count() == 1

    def test_one_key_with_other_contents_is_refused(self) -> None:
        key, wanted = new_key("orders.place"), frozen()
        orders.place(key, wanted, "")
        with refused():
            orders.place(key, replace(wanted, buyer={"email": "b@example.com"}), "")


class TestCancel:
    def test_it_keeps_the_order_and_the_reason(self) -> None:
        key = new_key("orders.place")
        orders.place(key, frozen(), "")
        for _ in range(2):
            orders.cancel(new_key("orders.cancel"), key, "capture_refused")
        order = Order.objects.get(key=key)
        assert (order.status, order.reason) == ("cancelled", "capture_refused")
        assert order.cancelled_at

    def test_before_the_order_it_makes_the_late_order_refused(self) -> None:
        key = new_key("orders.place")
        orders.cancel(new_key("orders.cancel"), key, "timed_out")
        with refused() as no:
            orders.place(key, frozen(), "")
        assert no.value.code == "order_refused"
        assert audits.orders([key.split(":")[0]]) == {}


@pytest.mark.django_db(transaction=True)
def test_the_same_order_at_the_same_moment_is_placed_once() -> None:
    fill_shop()
    key, wanted = new_key("orders.place"), frozen()
    answers = at_once([lambda: orders.place(key, wanted, "")] * 8)
    assert len(set(answers)) == 1
    assert Order.objects.get().lines.count() == 1


def test_the_audits_tell_what_the_shop_knows_of_a_checkout() -> None:
    key = new_key("inventory.reserve")
    checkout = key.split(":")[0]
    ShopInventory().reserve(key, [wish("MUG-TIDE", 2)], in_a_while())
    ShopCoupons().claim(f"{checkout}:coupons.claim:1", ["ONCE"], "")
    number = orders.place(f"{checkout}:orders.place:1", frozen(), "pay_1")
    assert audits.orders([checkout])[checkout][0]["number"] == number
    held = audits.reservations([checkout])[checkout][0]
    assert (held["status"], held["units"]) == ("held", {"MUG-TIDE": 2})
    assert audits.coupons([checkout])[checkout][0]["codes"] == ["ONCE"]
    assert audits.orders(["other"]) == audits.reservations([]) == {}


def test_filling_again_changes_nothing_that_staff_changed() -> None:
    Product.objects.filter(sku="MUG-TIDE").update(price=99)
    StockItem.objects.filter(product__sku="MUG-TIDE").update(on_hand=1)
    Coupon.objects.filter(code="ONCE").update(uses=5)
    assert fill_shop() == (0, 0)
    assert Product.objects.get(sku="MUG-TIDE").price == 99
    assert StockItem.objects.get(product__sku="MUG-TIDE").on_hand == 1
    assert Coupon.objects.get(code="ONCE").uses == 5
