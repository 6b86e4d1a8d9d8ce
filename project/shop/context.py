"""What every page shows of the site: its name, its mark, the basket's size, an order on its way."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from project.shop.carts import current_cart, running_checkout, units


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `site`, `cart_units` and `running_checkout`. Costs nothing if unused,
    so that a page of another site in this project (the provider's) needs none of it."""
    return {
        "site": SimpleLazyObject(_site),
        "cart_units": SimpleLazyObject(lambda: units(current_cart(request))),
        "running_checkout": SimpleLazyObject(lambda: running_checkout(request)),
    }


def _site() -> dict[str, str]:
    return {
        "name": "Harbour & Pine",
        "home": reverse("shop:home"),
        "cart": reverse("shop:cart"),
        "logo": "shop/logo.svg",
        "icon": "shop/icon.svg",
        "contact": "hello@harbourandpine.example",
    }
