"""Staff: prices, stock and codes can be edited; money, holds and claims can only be seen."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client

from project.shop.adapters.inventory import ShopInventory
from project.shop.adapters.orders import ShopOrders
from project.shop.models import Order, Product, Reservation, StockItem
from project.shop.pricing import price, snapshot
from tests.adapters.shop.conftest import a_cart, in_a_while, new_key, wish

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff"))
    return client


def product_form(product: Product, shown: int, typed: int, **changes: object) -> dict[str, object]:
    return {
        "name": product.name,
        "summary": product.summary,
        "description": product.description,
        "details": product.details,
        "picture": product.picture,
        "price": product.price,
        "position": product.position,
        "active": "on",
        "stock-TOTAL_FORMS": "1",
        "stock-INITIAL_FORMS": "1",
        "stock-0-product": product.sku,
        "stock-0-on_hand": typed,
        "stock-0-seen": shown,
        **changes,
    }


def test_price_and_stock_are_edited(staff: Client) -> None:
    product = Product.objects.get(sku="MUG-TIDE")
    path = f"/admin/shop/product/{product.pk}/change/"
    assert staff.get(path).status_code == 200
    answer = staff.post(path, product_form(product, 120, 50, price=2000))
    assert answer.status_code == 302
    product.refresh_from_db()
    assert (product.price, product.stock.on_hand) == (2000, 50)


def test_a_sale_while_the_form_was_open_is_not_undone(staff: Client) -> None:
    product = Product.objects.get(sku="MUG-TIDE")
    StockItem.objects.filter(product__sku="MUG-TIDE").update(on_hand=F("on_hand") - 5)
    sent = product_form(product, shown=120, typed=130)
    assert staff.post(f"/admin/shop/product/{product.pk}/change/", sent).status_code == 302
    assert StockItem.objects.get(product__sku="MUG-TIDE").on_hand == 125


def test_a_new_product_can_be_added(staff: Client) -> None:
    sent = {
        **product_form(Product(name="Net", picture="shop/logo.svg", price=100), 0, 7),
        "sku": "NET",
        "summary": "A net",
        "description": "A net.",
        "stock-INITIAL_FORMS": "0",
    }
    del sent["stock-0-product"]
    assert staff.post("/admin/shop/product/add/", sent).status_code == 302
    assert StockItem.objects.get(product__sku="NET").on_hand == 7


@pytest.mark.parametrize("model", ["product", "coupon", "order", "reservation", "couponclaim"])
def test_every_list_opens(staff: Client, model: str) -> None:
    assert staff.get(f"/admin/shop/{model}/", {"q": "a"}).status_code == 200


def test_orders_and_holds_can_be_seen_and_not_changed(staff: Client) -> None:
    cart = a_cart()
    number = ShopOrders().place(new_key("orders.place"), snapshot(cart, price(cart)), "pay_1")
    ShopInventory().reserve(new_key("inventory.reserve"), [wish("MUG-TIDE")], in_a_while())
    order, hold = Order.objects.get(number=number), Reservation.objects.get()
    for path in (f"order/{order.pk}", f"reservation/{hold.pk}"):
        assert staff.get(f"/admin/shop/{path}/change/").status_code == 200
        assert staff.post(f"/admin/shop/{path}/change/", {"total": 1}).status_code == 403
        assert staff.post(f"/admin/shop/{path}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get("/admin/shop/order/add/").status_code == 403


def test_a_cancelled_order_that_never_was_is_not_listed(staff: Client) -> None:
    ShopOrders().cancel(new_key("orders.cancel"), new_key("orders.place"), "timed_out")
    assert "0 orders" in staff.get("/admin/shop/order/").content.decode()


@pytest.mark.parametrize(("value", "status"), [(100, 302), (101, 200), (0, 200)])
def test_a_percentage_is_between_one_and_a_hundred(staff: Client, value: int, status: int) -> None:
    sent = {"code": "NEW", "label": "New", "kind": "percentage", "value": value, "minimum": 0}
    assert staff.post("/admin/shop/coupon/add/", {**sent, "active": "on"}).status_code == status
