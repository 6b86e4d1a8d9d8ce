"""What every page shows of the site: its name, its mark, the basket's size."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from project.shop.carts import current_cart, units
from project.shop.themes import THEMES


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `site` and `cart_units`. Costs nothing if unused, so that a page of another
    site in this project (the provider's) needs none of it."""
    return {
        "site": SimpleLazyObject(about),
        "cart_units": SimpleLazyObject(lambda: units(current_cart(request))),
    }


def about() -> dict[str, str]:
    """The name of the shop, its marks, and where things are; also for what is no page, as a mail."""
    theme = THEMES[settings.SHOP_THEME]
    return {
        "name": theme.name,
        "home": reverse("shop:home"),
        "cart": reverse("shop:cart"),
        "logo": theme.logo,
        "icon": theme.icon,
        "contact": "hello@harbourandpine.example",
    }
