"""Stock, and who holds how much of it until when.

A hold is a row with an owner and an end, never a counter: what is available is worked out as
`on_hand` minus the live holds. A committed reservation has left `on_hand` and counts no more.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from project.shop.models.catalog import Product


class StockItem(models.Model):
    """How many of a product are in the house, held ones included."""

    product = models.OneToOneField(
        Product,
        on_delete=models.CASCADE,
        to_field="sku",
        db_column="sku",
        primary_key=True,
        related_name="stock",
    )
    on_hand = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.on_hand} × {self.product_id}"


class Reservation(models.Model):
    """One hold. `released` without lines is a tombstone: the release came before the hold.

    No index holds `expires_at`, so that extending a hold touches none.
    """

    HELD, COMMITTED, RELEASED = "held", "committed", "released"
    STATUSES = ((HELD, "held"), (COMMITTED, "committed"), (RELEASED, "released"))

    key = models.CharField(max_length=120)
    owner = models.CharField(max_length=64, help_text="The checkout.")
    status = models.CharField(max_length=12, choices=STATUSES)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("key",), name="shop_one_reservation_per_key"),
        )
        indexes = (
            models.Index(fields=("owner",), name="shop_reservation_owner"),
            models.Index(fields=("id",), condition=Q(status="held"), name="shop_holds"),
        )

    def __str__(self) -> str:
        return f"{self.key} ({self.status})"


class ReservationLine(models.Model):
    """How many of one product a reservation holds or has taken."""

    # The constraint has an index that begins with it.
    reservation = models.ForeignKey(
        Reservation, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    sku = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ("sku",)
        constraints = (
            models.UniqueConstraint(
                fields=("reservation", "sku"), name="shop_one_hold_per_product"
            ),
        )
        indexes = (models.Index(fields=("sku",), name="shop_reserved_sku"),)

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"
