"""The shop's API: products, carts, and a clear problem for every mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from project.shop.models import Cart, Product
from tests.adapters.shop.conftest import stock

pytestmark = pytest.mark.usefixtures("shop")
ADDRESS = {
    "name": "Kari Nordmann",
    "street": "Pier 4",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
}


def post(body: Any, client: Client | None = None) -> tuple[int, dict[str, Any], str]:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    client = client or Client(enforce_csrf_checks=True)
    answer = client.post("/api/v1/carts", text, content_type="application/json")
    return answer.status_code, answer.json(), answer.headers["Content-Type"]


class TestProducts:
    def test_every_product_that_is_sold(self) -> None:
        Product.objects.filter(sku="SOAP-KELP").update(active=False)
        stock("MUG-TIDE", 7)
        found = {product["sku"]: product for product in Client().get("/api/v1/products").json()}
        assert len(found) == 15
        assert found["MUG-TIDE"] == {
            "sku": "MUG-TIDE",
            "name": "Tide mug",
            "price": {"amount": 1800, "currency": "EUR"},
            "available": 7,
        }
        assert found["KETTLE-ENAMEL"]["available"] == 0

    def test_only_get(self) -> None:
        answer = Client().post("/api/v1/products")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")


class TestCarts:
    def test_lines_and_coupons_suffice(self) -> None:
        status, cart, _ = post(
            {"lines": [{"sku": "MUG-TIDE", "quantity": 2}], "coupons": ["WELCOME10"]}
        )
        assert status == 201
        assert (cart["total"], cart["currency"]) == (3240, "EUR")
        assert cart["lines"][0]["quantity"] == 2
        assert cart["discounts"][0]["code"] == "WELCOME10"
        assert len(cart["cart_token"]) >= 43
        assert Cart.objects.get(pk=cart["id"]).token_hash != cart["cart_token"]

    def test_delivery_details_are_kept(self) -> None:
        status, cart, _ = post(
            {
                "lines": [{"sku": "MUG-TIDE", "quantity": 1}],
                "email": "a@example.com",
                "shipping": "express",
                "address": ADDRESS,
            }
        )
        assert (status, cart["total"]) == (201, 2790)
        row = Cart.objects.get(pk=cart["id"])
        assert (row.email, row.city, row.shipping) == ("a@example.com", "Berlin", "express")

    def test_the_same_product_twice_is_added_up(self) -> None:
        line = {"sku": "MUG-TIDE", "quantity": 1}
        assert post({"lines": [line, line]})[1]["lines"][0]["quantity"] == 2

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ("{", 400, "malformed_json"),
            (b"\xff", 400, "malformed_json"),
            ("[" * 100_000, 400, "malformed_json"),
            ([], 400, "malformed_json"),
            ({}, 422, "bad_lines"),
            ({"lines": []}, 422, "bad_lines"),
            ({"lines": "MUG-TIDE"}, 422, "bad_lines"),
            ({"lines": ["MUG-TIDE"]}, 422, "bad_lines"),
            ({"lines": [{"sku": "MUG-TIDE", "quantity": 1}] * 51}, 422, "bad_lines"),
            ({"lines": [{"quantity": 1}]}, 422, "unknown_sku"),
            ({"lines": [{"sku": "NO-SUCH", "quantity": 1}]}, 422, "unknown_sku"),
            ({"lines": [{"sku": "\x00", "quantity": 1}]}, 422, "unknown_sku"),
            ({"lines": [{"sku": "MUG-TIDE"}]}, 422, "bad_quantity"),
            ({"lines": [{"sku": "MUG-TIDE", "quantity": 0}]}, 422, "bad_quantity"),
            ({"lines": [{"sku": "MUG-TIDE", "quantity": -1}]}, 422, "bad_quantity"),
            ({"lines": [{"sku": "MUG-TIDE", "quantity": 100}]}, 422, "bad_quantity"),
            ({"lines": [{"sku": "MUG-TIDE", "quantity": 1.5}]}, 422, "bad_quantity"),
            ({"lines": [{"sku": "MUG-TIDE", "quantity": True}]}, 422, "bad_quantity"),
            ({"lines": [{"sku": "MUG-TIDE", "quantity": "1"}]}, 422, "bad_quantity"),
            ({"lines": [{"sku": "MUG-TIDE", "quantity": 60}] * 2}, 422, "bad_quantity"),
            ({"lines": [{"sku": "VASE-REED", "quantity": 4}]}, 409, "not_enough"),
            ({"lines": [{"sku": "KETTLE-ENAMEL", "quantity": 1}]}, 409, "sold_out"),
        ],
    )
    def test_a_bad_body_is_a_problem_and_leaves_nothing(
        self, body: Any, status: int, code: str
    ) -> None:
        answered, problem, content_type = post(body)
        assert (answered, problem["code"], problem["status"]) == (status, code, status)
        assert content_type == "application/problem+json"
        assert problem["detail"]
        assert problem["title"]
        assert problem["type"].startswith("urn:")
        assert not Cart.objects.exists()

    @pytest.mark.parametrize(
        ("more", "code", "field"),
        [
            ({"coupons": ["NOSUCH"]}, "unknown_coupon", None),
            ({"coupons": "WELCOME10"}, "unknown_coupon", "coupons"),
            ({"coupons": [1]}, "unknown_coupon", "coupons"),
            ({"coupons": ["OLD"]}, "coupon_invalid", None),
            ({"coupons": ["BIG20"]}, "coupon_invalid", None),
            ({"email": "nonsense"}, "bad_details", "email"),
            ({"email": 7}, "bad_details", "email"),
            ({"shipping": "balloon"}, "bad_details", "shipping"),
            ({"shipping": "express"}, "bad_details", "address.name"),
            (
                {"shipping": "express", "address": {**ADDRESS, "country": "XX"}},
                "bad_details",
                "address.country",
            ),
            ({"address": "Pier 4"}, "bad_details", "address"),
        ],
    )
    def test_a_bad_coupon_or_address_is_a_problem(
        self, more: dict[str, Any], code: str, field: str | None
    ) -> None:
        status, problem, _ = post({"lines": [{"sku": "MUG-TIDE", "quantity": 1}], **more})
        assert (status, problem["code"], problem.get("field")) == (422, code, field)
        assert not Cart.objects.exists()

    def test_a_body_that_is_too_large_is_a_problem(self, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
        assert post(" " * 200)[0] == 413

    def test_only_post(self) -> None:
        answer = Client().get("/api/v1/carts")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
