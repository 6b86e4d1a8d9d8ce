"""Carts: whose they are, what may go into them, and what closing them means."""

from __future__ import annotations

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from project.shop.adapters.carts import ShopCarts
from project.shop.cart_edits import CartProblem, add, add_coupon, make_cart, put, set_details
from project.shop.carts import (
    OWNER,
    current_cart,
    find_cart_with_lines,
    prove_cart,
    secret_hash,
    wishes,
)
from project.shop.fill import fill_shop
from project.shop.models import Cart, Coupon, Product
from tests.adapters.shop.conftest import a_cart, at_once, new_key, refused

UNKNOWN = "2a566121-4260-4737-a9d7-b4a12da3b823"

carts = ShopCarts()
pytestmark = pytest.mark.usefixtures("shop")


def frozen(cart: Cart) -> CartSnapshot:
    return carts.snapshot(new_key("carts.snapshot"), str(cart.pk))


def closed(cart: Cart) -> str:
    key = new_key("carts.close")
    carts.close(key, str(cart.pk), frozen(cart))
    return key


class TestProof:
    def request(self, secret: str = "") -> HttpRequest:
        request = RequestFactory().get("/")
        request.session = Client().session
        if secret:
            request.session[OWNER] = secret
        return request

    def test_the_token_proves(self) -> None:
        cart, token = make_cart({"MUG-TIDE": 1}, [], {})
        assert prove_cart(self.request(), str(cart.pk), token)
        assert token not in (cart.token_hash, cart.owner_hash)

    def test_the_browser_that_made_it_proves(self) -> None:
        cart = Cart.objects.create(owner_hash=secret_hash("mine"))
        assert prove_cart(self.request("mine"), str(cart.pk), "")

    @pytest.mark.parametrize("token", ["", "wrong", "é"])
    def test_nothing_else_does(self, token: str) -> None:
        cart, _ = make_cart({"MUG-TIDE": 1}, [], {})
        assert not prove_cart(self.request(), str(cart.pk), token)
        assert not prove_cart(self.request("other"), str(cart.pk), token)

    def test_a_wrong_token_is_not_made_good_by_the_session(self) -> None:
        cart = Cart.objects.create(owner_hash=secret_hash("mine"))
        assert not prove_cart(self.request("mine"), str(cart.pk), "wrong")

    @pytest.mark.parametrize("cart_id", ["", "nonsense", UNKNOWN, "\x00"])
    def test_an_unknown_cart_is_nobodys(self, cart_id: str) -> None:
        assert not prove_cart(self.request("mine"), cart_id, "")


class TestFinding:
    def test_it_is_found_as_it_is_stored(self) -> None:
        said = {
            "email": "a@b.example",
            "name": "N",
            "street": "S",
            "postcode": "10115",
            "city": "C",
        }
        cart = a_cart({"VASE-REED": 1, "MUG-TIDE": 2}, "ONCE", country="DE", language="de", **said)
        found, lines = find_cart_with_lines(str(cart.pk))
        assert lines == wishes(cart)
        assert [line.sku for line in lines] == ["VASE-REED", "MUG-TIDE"]
        cart.refresh_from_db()
        names = [field.attname for field in Cart._meta.concrete_fields]
        assert {n: getattr(found, n) for n in names} == {n: getattr(cart, n) for n in names}

    def test_an_empty_one_has_no_lines(self) -> None:
        cart = Cart.objects.create()
        assert find_cart_with_lines(str(cart.pk)) == (cart, [])


class TestEdits:
    @pytest.mark.parametrize(
        ("sku", "quantity", "code"),
        [
            ("NO-SUCH", 1, "unknown_sku"),
            ("MUG-TIDE", -1, "bad_quantity"),
            ("MUG-TIDE", 100, "bad_quantity"),
            ("VASE-REED", 4, "not_enough"),
            ("KETTLE-ENAMEL", 1, "sold_out"),
        ],
    )
    def test_what_cannot_be_put_in(self, sku: str, quantity: int, code: str) -> None:
        cart = a_cart()
        with pytest.raises(CartProblem) as no:
            put(cart, sku, quantity)
        assert no.value.code == code
        assert list(cart.lines.values_list("product__sku", "quantity")) == [("MUG-TIDE", 2)]

    def test_adding_counts_what_is_there_already(self) -> None:
        cart = a_cart({"VASE-REED": 2})
        add(cart, "VASE-REED", 1)
        with pytest.raises(CartProblem):
            add(cart, "VASE-REED", 1)
        assert cart.lines.get().quantity == 3

    def test_an_inactive_product_cannot_be_put_in(self) -> None:
        Product.objects.filter(sku="MUG-TIDE").update(active=False)
        with pytest.raises(CartProblem):
            a_cart()

    def test_an_impossible_cart_leaves_nothing_behind(self) -> None:
        before = Cart.objects.count()
        with pytest.raises(CartProblem):
            a_cart({"MUG-TIDE": 1, "NO-SUCH": 1})
        assert Cart.objects.count() == before

    def test_a_closed_cart_refuses_every_edit(self) -> None:
        """E2: another tab cannot change what is being paid for."""
        cart = a_cart()
        closed(cart)
        for edit in (
            lambda: put(cart, "MUG-TIDE", 1),
            lambda: add(cart, "MUG-TIDE", 1),
            lambda: add_coupon(cart, "WELCOME10"),
            lambda: set_details(cart, {"city": "Bergen"}),
        ):
            with pytest.raises(CartProblem) as no:
                edit()
            assert no.value.code == "cart_closed"


class TestSnapshot:
    def test_prices_move_and_the_snapshot_does_not(self) -> None:
        cart = a_cart()
        before = frozen(cart)
        Product.objects.update(price=1)
        assert before.total == 3600
        assert frozen(cart).total == 2

    @pytest.mark.parametrize("cart_id", ["nonsense", UNKNOWN])
    def test_an_unknown_cart_is_refused(self, cart_id: str) -> None:
        with refused() as no:
            carts.snapshot(new_key("carts.snapshot"), cart_id)
        assert no.value.code == "cart_not_found"

    def test_what_else_is_refused(self) -> None:
        empty, gone, lapsed = a_cart(), a_cart({"SOAP-KELP": 1}), a_cart(None, "WELCOME10")
        put(empty, "MUG-TIDE", 0)
        Product.objects.filter(sku="SOAP-KELP").update(active=False)
        Coupon.objects.update(active=False)
        for cart, code in (
            (empty, "cart_empty"),
            (gone, "price_unavailable"),
            (lapsed, "coupon_invalid"),
        ):
            with refused() as no:
                frozen(cart)
            assert no.value.code == code


class TestClose:
    def test_twice_with_one_key_is_once(self) -> None:
        cart = a_cart()
        snapshot, key = frozen(cart), new_key("carts.close")
        carts.close(key, str(cart.pk), snapshot)
        carts.close(key, str(cart.pk), snapshot)
        cart.refresh_from_db()
        assert (cart.is_open, cart.closed_by) == (False, key)

    def test_another_key_is_refused(self) -> None:
        cart = a_cart()
        snapshot = frozen(cart)
        closed(cart)
        with refused() as no:
            carts.close(new_key("carts.close"), str(cart.pk), snapshot)
        assert no.value.code == "cart_closed"

    @pytest.mark.parametrize("change", ["quantity", "coupon", "address"])
    def test_a_changed_cart_is_refused_and_stays_open(self, change: str) -> None:
        cart = a_cart()
        snapshot = frozen(cart)
        edits = {
            "quantity": lambda: put(cart, "MUG-TIDE", 1),
            "coupon": lambda: add_coupon(cart, "WELCOME10"),
            "address": lambda: set_details(cart, {"city": "Bergen"}),
        }
        edits[change]()
        with refused() as no:
            carts.close(new_key("carts.close"), str(cart.pk), snapshot)
        cart.refresh_from_db()
        assert (no.value.code, cart.is_open) == ("cart_changed", True)

    def test_a_price_that_moved_meanwhile_does_not_matter(self) -> None:
        cart = a_cart()
        snapshot = frozen(cart)
        Product.objects.update(price=1)
        carts.close(new_key("carts.close"), str(cart.pk), snapshot)


class TestReopen:
    def test_it_is_the_shoppers_again_and_can_be_closed_again(self) -> None:
        cart = a_cart()
        key = closed(cart)
        carts.reopen(new_key("carts.reopen"), key, str(cart.pk))
        put(cart, "MUG-TIDE", 1)
        closed(cart)

    def test_before_the_close_it_makes_the_late_close_do_nothing(self) -> None:
        cart, key = a_cart(), new_key("carts.close")
        carts.reopen(new_key("carts.reopen"), key, str(cart.pk))
        carts.close(key, str(cart.pk), frozen(cart))
        cart.refresh_from_db()
        assert cart.is_open

    def test_a_cart_that_another_key_closed_stays_closed(self) -> None:
        cart = a_cart()
        closed(cart)
        carts.reopen(new_key("carts.reopen"), new_key("carts.close"), str(cart.pk))
        cart.refresh_from_db()
        assert not cart.is_open


class TestBrowser:
    def test_a_cancelled_checkout_gives_the_cart_back_before_a_newer_one(self) -> None:
        request = TestProof().request("mine")
        first = Cart.objects.create(owner_hash=secret_hash("mine"), shipping="pickup")
        put(first, "MUG-TIDE", 1)
        key = closed(first)
        second = Cart.objects.create(owner_hash=secret_hash("mine"))
        assert current_cart(request) == second
        carts.reopen(new_key("carts.reopen"), key, str(first.pk))
        assert current_cart(request) == first


@pytest.mark.django_db
def test_a_parcel_without_an_address_is_refused() -> None:
    fill_shop()
    cart = Cart.objects.create(shipping="standard", owner_hash=secret_hash("mine"))
    put(cart, "MUG-TIDE", 1)
    with pytest.raises(Refused, match="where the parcel should go"):
        ShopCarts().snapshot(new_key("carts.snapshot"), str(cart.pk))


@pytest.mark.django_db(transaction=True)
def test_one_of_many_closings_wins() -> None:
    fill_shop()
    cart = a_cart()
    snapshot = frozen(cart)
    answers = at_once(
        [lambda: carts.close(new_key("carts.close"), str(cart.pk), snapshot)] * 8,
    )
    assert answers.count(None) == 1
    assert sum(isinstance(answer, Refused) for answer in answers) == 7
