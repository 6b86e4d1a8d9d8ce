"""The shop's own API: what there is to buy, and a cart for a client without a browser.

It reads no cookie. A cart made here belongs to whoever holds its token, so there is nothing that
another site could do in a visitor's name and the POST needs no CSRF token.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from project.shop.cart_edits import CartProblem, make_cart
from project.shop.cart_request import read_cart_request
from project.shop.models import Cart, Product
from project.shop.models.catalog import currency
from project.shop.pricing import price
from project.shop.problems import BadRequest, problem, status_of
from project.shop.stock import available


@never_cache
def products(request: HttpRequest) -> HttpResponse:
    """`GET`: every product that is sold, with its price and how many are available now."""
    if request.method not in {"GET", "HEAD"}:
        return _not_allowed("GET")
    rows = list(Product.objects.filter(active=True))
    left = available([product.sku for product in rows])
    return JsonResponse([_product(row, left[row.sku]) for row in rows], safe=False)


@csrf_exempt
@never_cache
def carts(request: HttpRequest) -> HttpResponse:
    """`POST`: a new cart with its lines and coupons, priced; 201 with the token that proves it."""
    if request.method != "POST":
        return _not_allowed("POST")
    try:
        wish = read_cart_request(request.body)
        details = {**wish.details, "language": get_language() or ""}  # by Accept-Language
        cart, token = make_cart(wish.lines, wish.coupons, details)
    except RequestDataTooBig:
        return problem("too_large", "The body is too large.", 413)
    except BadRequest as wrong:
        return problem(wrong.code, wrong.detail, wrong.status, field=wrong.field)
    except CartProblem as no:
        return problem(no.code, no.message, status_of(no.code))
    return JsonResponse(_cart(cart, token), status=201)


def _product(product: Product, left: int) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "name": product.name,
        "price": {"amount": product.price, "currency": currency()},
        "available": left,
    }


def _cart(cart: Cart, token: str) -> dict[str, Any]:
    quote = price(cart)
    return {
        "id": str(cart.pk),
        "cart_token": token,
        "lines": [asdict(line) for line in quote.lines],
        "discounts": [asdict(discount) for discount in quote.discounts],
        "charges": [asdict(charge) for charge in quote.charges],
        "total": quote.total,
        "currency": quote.currency,
    }


def _not_allowed(method: str) -> HttpResponse:
    answer = problem("method_not_allowed", f"Use {method}.", 405)
    answer["Allow"] = method
    return answer
