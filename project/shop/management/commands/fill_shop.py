"""`manage.py fill_shop`: stock the shop for a demonstration."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from project.shop.fill import fill_shop


class Command(BaseCommand):
    """Adds the products and coupons that are missing. Safe to repeat."""

    help = "Add the missing products and coupons to the shop. What is there stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        products, coupons = fill_shop()
        self.stdout.write(f"The shop is stocked: {products} products and {coupons} coupons added.")
