"""The pages of the shop that only show something."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from project.shop.carts import current_cart
from project.shop.delivery import ADDRESS, METHODS, STANDARD, DeliveryForm
from project.shop.models import Cart, Product
from project.shop.models.carts import MAX_QUANTITY
from project.shop.pricing import price
from project.shop.stock import available, find_product

LOW = 5


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The shop window."""
    return render(
        request, "shop/home.html", {"products": shelf(), "free_from": METHODS[STANDARD].free_from}
    )


@never_cache
@require_safe
def product(request: HttpRequest, sku: str) -> HttpResponse:
    """One product, and others to look at."""
    row = find_product(sku)
    if row is None:
        raise Http404("We do not sell this.")
    others = [other for other in shelf() if other["product"].sku != sku]
    context = {
        "item": shelf_item(row, available([sku])[sku]),
        "others": _near(others, row),
        "free_from": METHODS[STANDARD].free_from,
    }
    return render(request, "shop/product.html", context)


@never_cache
@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    """The basket: lines, codes, delivery, total, and the button that places the order."""
    row = current_cart(request)
    return render(request, "shop/cart.html", cart_context(row))


def shelf() -> list[dict[str, Any]]:
    """Every product that is sold, with how many there are."""
    rows = list(Product.objects.filter(active=True))
    left = available([row.sku for row in rows])
    return [shelf_item(row, left[row.sku]) for row in rows]


def shelf_item(row: Product, left: int) -> dict[str, Any]:
    """A product with how many are left, and whether that is worth a word."""
    return {
        "product": row,
        "left": left,
        "most": min(left, MAX_QUANTITY),
        "low": 0 < left <= LOW,
        "sold_out": left == 0,
    }


def cart_context(row: Cart | None, form: DeliveryForm | None = None) -> dict[str, Any]:
    """Everything that the basket's page and its fragments show."""
    if row is None:
        return {"cart": None, "items": []}
    quote = price(row)
    return {
        "cart": row,
        "items": _items(row),
        "quote": quote,
        "form": form or DeliveryForm(initial=_kept(row)),
        "shipping": row.shipping,
        "methods": [(method, method.cost(quote.goods)) for method in METHODS.values()],
    }


def _items(row: Cart) -> list[dict[str, Any]]:
    lines = list(row.lines.select_related("product"))
    left = available([line.product.sku for line in lines])
    return [
        {
            **shelf_item(line.product, left[line.product.sku]),
            "quantity": line.quantity,
            "total": line.quantity * line.product.price,
            "short": line.quantity > left[line.product.sku] or not line.product.active,
        }
        for line in lines
    ]


def _kept(row: Cart) -> dict[str, str]:
    return {field: getattr(row, field) for field in ("email", *ADDRESS, "shipping")}


def _near(others: list[dict[str, Any]], row: Product) -> list[dict[str, Any]]:
    """Four products that stand near this one on the shelf and can be bought."""
    buyable = [other for other in others if not other["sold_out"]]
    return sorted(buyable, key=lambda other: abs(other["product"].position - row.position))[:4]
