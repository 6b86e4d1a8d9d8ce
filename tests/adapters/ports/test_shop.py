"""The reference shop's own adapters keep the promises of their ports, on the real database."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from checkout.testing.contracts import (
    CartsPortContract,
    CouponsPortContract,
    InventoryPortContract,
    OrdersPortContract,
)
from project.shop.adapters.carts import ShopCarts
from project.shop.adapters.coupons import ShopCoupons
from project.shop.adapters.inventory import ShopInventory
from project.shop.adapters.orders import ShopOrders
from project.shop.cart_edits import make_cart, put
from project.shop.carts import find_cart
from project.shop.fill import fill_shop
from project.shop.models import Coupon, CouponClaim, CouponUse, Order, Reservation, StockItem
from project.shop.stock import available

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def shop(transactional_db: None) -> None:
    """A stocked shop."""
    fill_shop()


class TestShopCarts(CartsPortContract):
    """Carts as rows."""

    @pytest.fixture
    def port(self) -> ShopCarts:
        return ShopCarts()

    @pytest.fixture
    def cart(self) -> str:
        cart, _ = make_cart({"MUG-TIDE": 2}, [], {"shipping": "pickup"})
        return str(cart.pk)

    def change(self, cart: str) -> None:
        row = find_cart(cart)
        assert row is not None
        put(row, "MUG-TIDE", 1)


class TestShopCoupons(CouponsPortContract):
    """Uses as rows."""

    @pytest.fixture
    def port(self) -> ShopCoupons:
        return ShopCoupons()

    @pytest.fixture
    def single(self) -> str:
        return "ONCE"

    @pytest.fixture
    def other(self) -> str:
        Coupon.objects.create(code="TOO", label="Too", kind=Coupon.FIXED, value=100, uses=1)
        return "TOO"

    def uses(self, code: str) -> int:
        counted = CouponUse.objects.filter(coupon_id=code)
        return counted.exclude(claim__status=CouponClaim.RELEASED).count()


class TestShopInventory(InventoryPortContract):
    """Holds as rows."""

    @pytest.fixture
    def port(self) -> ShopInventory:
        skus = list(StockItem.objects.values_list("product_id", flat=True)[:2])
        self.plenty, self.scarce = str(skus[0]), str(skus[1])
        StockItem.objects.filter(product_id=self.plenty).update(on_hand=5)
        StockItem.objects.filter(product_id=self.scarce).update(on_hand=1)
        return ShopInventory()

    def available(self, sku: str) -> int:
        return available([sku])[sku]

    def lapse(self, reservation: str) -> None:
        held = Reservation.objects.filter(key=reservation, status=Reservation.HELD)
        assert held.update(expires_at=Now()) == 1


class TestShopOrders(OrdersPortContract):
    """Orders as rows."""

    @pytest.fixture
    def port(self) -> ShopOrders:
        return ShopOrders()

    def live_totals(self) -> list[int]:
        return list(Order.objects.filter(status=Order.PLACED).values_list("total", flat=True))
