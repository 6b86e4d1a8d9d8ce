"""The shop as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Catalogue, carts, stock, coupons and orders of the reference shop.

    The app knows checkout only through its ports; checkout does not know the app at all.
    """

    name = "project.shop"
    label = "shop"
    verbose_name = "Harbour & Pine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Staff's sessions end sooner than shoppers'."""
        from django.contrib.auth import user_logged_in

        from project.shop.sessions import shorten_for_staff

        user_logged_in.connect(shorten_for_staff, dispatch_uid="shop_sessions")
