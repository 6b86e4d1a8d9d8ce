"""The pages: they sell without JavaScript, keep what was typed, and place what was seen."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from project.shop.adapters.carts import ShopCarts
from project.shop.models import Cart, Product
from project.shop.pricing import price
from tests.adapters.shop.conftest import new_key, stock

pytestmark = pytest.mark.usefixtures("shop")
HTMX = {"HX-Request": "true"}
DETAILS = {
    "email": "kari@example.com",
    "name": "Kari Nordmann",
    "street": "Pier 4",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
    "shipping": "standard",
}


@pytest.fixture
def browser() -> Client:
    return Client()


@pytest.fixture
def filled(browser: Client) -> Cart:
    browser.post("/cart/add/", {"sku": "MUG-TIDE", "quantity": "2"})
    return Cart.objects.get()


def page(browser: Client, path: str = "/cart/") -> str:
    return browser.get(path).content.decode()


def to_place(cart: Cart, **changes: str) -> dict[str, str]:
    cart.refresh_from_db()
    total = price(cart).total
    return {**DETAILS, "cart_id": str(cart.pk), "seen_total": str(total), **changes}


class TestWindow:
    def test_every_product_has_its_sku_and_sold_out_ones_no_button(self, browser: Client) -> None:
        text = page(browser, "/")
        assert text.count("data-sku=") == 16
        sold_out = re.search(r'data-sku="KETTLE-ENAMEL".*?</article>', text, re.S)
        assert sold_out
        assert "Sold out" in sold_out.group()
        assert "<button" not in sold_out.group()
        assert "Only 3 left" in text

    @pytest.mark.parametrize("sku", ["NO-SUCH", "%00", "mug-tide"])
    def test_an_unknown_product_is_not_found(self, browser: Client, sku: str) -> None:
        assert browser.get(f"/products/{sku}/").status_code == 404

    def test_a_product_that_is_no_longer_sold_is_not_found(self, browser: Client) -> None:
        Product.objects.filter(sku="MUG-TIDE").update(active=False)
        assert browser.get("/products/MUG-TIDE/").status_code == 404
        assert 'data-sku="MUG-TIDE"' not in page(browser, "/")

    @pytest.mark.parametrize("path", ["/", "/products/MUG-TIDE/", "/cart/"])
    def test_pages_are_clean_for_a_strict_policy_and_never_stored(
        self, browser: Client, filled: Cart, path: str
    ) -> None:
        answer = browser.get(path)
        text = answer.content.decode()
        assert "no-store" in answer.headers["Cache-Control"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*src=)", text)
        assert len(re.findall(r"<h1", text)) == 1


class TestAdding:
    def test_a_plain_form_leads_to_the_basket(self, browser: Client) -> None:
        answer = browser.post("/cart/add/", {"sku": "MUG-TIDE"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/cart/")
        assert "Tide mug" in page(browser)

    def test_htmx_gets_the_new_count(self, browser: Client, filled: Cart) -> None:
        answer = browser.post("/cart/add/", {"sku": "MUG-TIDE"}, headers=HTMX)
        text = answer.content.decode()
        assert 'id="cart-link"' in text
        assert 'hx-swap-oob="true"' in text
        assert re.search(r"data-cart-units>3<", text)

    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            ({"sku": "KETTLE-ENAMEL"}, "sold out"),
            ({"sku": "VASE-REED", "quantity": "4"}, "only 3"),
            ({"sku": "MUG-TIDE", "quantity": "0"}, "at least one"),
            ({"sku": "MUG-TIDE", "quantity": "-1"}, "whole number"),
            ({"sku": "MUG-TIDE", "quantity": "lots"}, "whole number"),
            ({"sku": "MUG-TIDE", "quantity": "١"}, "whole number"),
            ({"sku": "MUG-TIDE", "quantity": "9999999"}, "whole number"),
            ({"sku": "MUG-TIDE", "quantity": "100"}, "between 1 and 99"),
            ({"sku": "NO-SUCH"}, "do not sell"),
            ({"sku": "\x00"}, "do not sell"),
            ({}, "do not sell"),
        ],
    )
    def test_what_cannot_be_added_says_why(
        self, browser: Client, sent: dict[str, str], words: str
    ) -> None:
        assert words in browser.post("/cart/add/", sent, headers=HTMX).content.decode()
        assert words in browser.post("/cart/add/", sent, follow=True).content.decode()

    def test_a_form_of_another_site_is_refused(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        assert strict.post("/cart/add/", {"sku": "MUG-TIDE"}).status_code == 403

    @pytest.mark.parametrize("name", ["add", "line", "coupon", "drop_coupon", "details", "place"])
    def test_nothing_changes_by_get(self, browser: Client, name: str) -> None:
        assert browser.get(reverse(f"shop:{name}")).status_code == 405


class TestBasket:
    def test_quantities_and_removing(self, browser: Client, filled: Cart) -> None:
        browser.post("/cart/lines/", {"sku": "MUG-TIDE", "quantity": "3"})
        assert filled.lines.get().quantity == 3
        browser.post("/cart/lines/", {"sku": "MUG-TIDE", "quantity": "0"})
        assert "Your basket is empty" in page(browser)

    def test_htmx_leaves_the_page_when_nothing_is_left(self, browser: Client, filled: Cart) -> None:
        sent = {"sku": "MUG-TIDE", "quantity": "0"}
        answer = browser.post("/cart/lines/", sent, headers=HTMX)
        assert answer.headers["HX-Redirect"] == "/cart/"

    def test_htmx_gets_lines_sums_and_the_buttons_amount(
        self, browser: Client, filled: Cart
    ) -> None:
        sent = {"sku": "MUG-TIDE", "quantity": "5"}
        text = browser.post("/cart/lines/", sent, headers=HTMX).content.decode()
        assert 'data-total="9000"' in text
        assert re.search(r'id="place-amount"[^>]*>€90.00<', text)
        assert re.search(r'id="seen-total"[^>]*value="9000"', text)
        assert re.search(r'id="cost-standard"[^>]*>Free<', text)

    def test_coupons_come_and_go(self, browser: Client, filled: Cart) -> None:
        browser.post("/cart/coupons/", {"code": "welcome10"})
        assert "10 % welcome" in page(browser)
        browser.post("/cart/coupons/remove/", {"code": "WELCOME10"})
        assert "10 % welcome" not in page(browser)

    @pytest.mark.parametrize("code", ["NOSUCH", "OLD", "BIG20", "", "\x00"])
    def test_a_bad_code_says_why(self, browser: Client, filled: Cart, code: str) -> None:
        text = browser.post("/cart/coupons/", {"code": code}, follow=True).content.decode()
        assert 'class="notice notice--bad"' in text

    def test_a_line_that_sold_out_meanwhile_is_marked(self, browser: Client, filled: Cart) -> None:
        stock("MUG-TIDE", 1)
        assert "There are only 1 left." in page(browser)

    @pytest.mark.parametrize("name", ["line", "coupon", "drop_coupon", "details"])
    def test_without_a_basket_every_form_leads_to_the_empty_one(
        self, browser: Client, name: str
    ) -> None:
        answer = browser.post(reverse(f"shop:{name}"), {"sku": "MUG-TIDE", "quantity": "1"})
        assert answer.headers["Location"] == "/cart/"

    def test_other_browsers_see_nothing_of_it(self, filled: Cart) -> None:
        assert "Your basket is empty" in page(Client())


class TestDetails:
    def test_what_is_right_is_kept_while_typing(self, browser: Client, filled: Cart) -> None:
        sent = {"email": "kari@example.com", "postcode": "?", "shipping": "express"}
        text = browser.post("/cart/details/", sent, headers=HTMX).content.decode()
        filled.refresh_from_db()
        assert (filled.email, filled.postcode, filled.shipping) == (
            "kari@example.com",
            "",
            "express",
        )
        assert 'data-total="4590"' in text

    def test_what_is_wrong_is_named_and_nothing_typed_is_lost(
        self, browser: Client, filled: Cart
    ) -> None:
        answer = browser.post("/cart/place/", to_place(filled, email="kari@", country=""))
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "<title>Error: " in text
        assert "There is a problem" in text
        assert 'href="#id_email"' in text
        assert 'value="kari@"' in text
        assert 'value="Pier 4"' in text
        assert "Choose the country." in text

    def test_collecting_needs_no_address(self, browser: Client, filled: Cart) -> None:
        sent = {"email": "kari@example.com", "shipping": "pickup"}
        sent |= {"cart_id": str(filled.pk), "seen_total": "3600"}
        assert browser.post("/cart/place/", sent).status_code == 307


class TestPlacing:
    def test_the_same_form_goes_on_to_the_checkout(self, browser: Client, filled: Cart) -> None:
        answer = browser.post("/cart/place/", to_place(filled))
        assert (answer.status_code, answer.headers["Location"]) == (
            307,
            reverse("checkout:start"),
        )
        filled.refresh_from_db()
        assert (filled.name, filled.city) == ("Kari Nordmann", "Berlin")

    def test_another_total_than_the_shopper_saw_is_shown_first(
        self, browser: Client, filled: Cart
    ) -> None:
        sent = to_place(filled)
        Product.objects.update(price=2000)
        text = browser.post("/cart/place/", sent, follow=True).content.decode()
        assert "The total has changed. It was €40.90, and it is €44.90 now." in text

    def test_another_way_of_delivery_without_javascript_is_another_total(
        self, browser: Client, filled: Cart
    ) -> None:
        sent = to_place(filled, shipping="express")
        answer = browser.post("/cart/place/", sent, follow=True)
        assert "The total has changed" in answer.content.decode()
        assert browser.post("/cart/place/", {**sent, "seen_total": "4590"}).status_code == 307

    def test_what_cannot_be_delivered_is_not_placed(self, browser: Client, filled: Cart) -> None:
        stock("MUG-TIDE", 1)
        answer = browser.post("/cart/place/", to_place(filled), follow=True)
        assert "There are not enough of Tide mug." in answer.content.decode()

    def test_a_second_click_leads_to_the_checkout_that_the_first_one_began(
        self, browser: Client, filled: Cart
    ) -> None:
        sent, carts = to_place(filled), ShopCarts()
        browser.post("/cart/place/", sent)
        progress = browser.post("/checkout/start/", sent)["Location"]
        snapshot = carts.snapshot(new_key("carts.snapshot"), str(filled.pk))
        carts.close(new_key("carts.close"), str(filled.pk), snapshot)
        assert browser.post("/cart/place/", sent).status_code == 307
        assert browser.post("/checkout/start/", sent)["Location"] == progress
        assert progress in page(browser, "/")
        assert "Go on with your order" in page(browser)

    @pytest.mark.parametrize("cart_id", ["", "nonsense", "9b2d6ad2-7d75-4d2c-8a9f-0c5d5f0a7a11"])
    def test_somebody_elses_cart_is_not_placed(
        self, browser: Client, filled: Cart, cart_id: str
    ) -> None:
        answer = browser.post("/cart/place/", to_place(filled, cart_id=cart_id))
        assert answer.headers["Location"] == "/cart/"
        assert Client().post("/cart/place/", to_place(filled)).headers["Location"] == "/cart/"


class TestTroubles:
    def test_an_unknown_address_has_a_page_of_ours(self, browser: Client) -> None:
        answer = browser.get("/no/such/page/")
        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()

    def test_a_stale_form_is_explained(self) -> None:
        answer = Client(enforce_csrf_checks=True).post("/cart/add/", {"sku": "MUG-TIDE"})
        assert answer.status_code == 403
        assert "open for too long" in answer.content.decode()

    def test_a_fault_of_ours_says_what_to_do(
        self, browser: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken() -> None:
            raise RuntimeError("A fault of ours.")

        monkeypatch.setattr("project.shop.pages.shelf", broken)
        browser.raise_request_exception = False
        answer = browser.get("/")
        assert answer.status_code == 500
        assert "do not pay again" in answer.content.decode()
        assert "RuntimeError" not in answer.content.decode()
