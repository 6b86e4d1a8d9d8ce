"""Orders: what was bought, copied from the frozen cart and never priced again."""

from __future__ import annotations

from django.db import models


class Order(models.Model):
    """A placed order. Amounts are minor units of `currency`; `digest` binds it to its snapshot.

    A cancelled order without a number is a tombstone: the cancellation came before the order.
    """

    PLACED, CANCELLED = "placed", "cancelled"
    STATUSES = ((PLACED, "placed"), (CANCELLED, "cancelled"))

    number = models.CharField(max_length=16, null=True)
    key = models.CharField(max_length=120)
    owner = models.CharField(max_length=64, help_text="The checkout.")
    status = models.CharField(max_length=12, choices=STATUSES, default=PLACED)
    email = models.EmailField(blank=True)
    buyer = models.JSONField(default=dict, blank=True)
    delivery = models.JSONField(default=dict, blank=True)
    discounts = models.JSONField(default=list, blank=True)
    charges = models.JSONField(default=list, blank=True)
    total = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3, default="EUR")
    digest = models.CharField(max_length=64, blank=True)
    payment = models.CharField(max_length=120, blank=True, help_text="The provider's reference.")
    reason = models.CharField(max_length=40, blank=True, help_text="Why it was cancelled.")
    placed_at = models.DateTimeField(auto_now_add=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("number",), name="shop_one_order_per_number"),
            models.UniqueConstraint(fields=("key",), name="shop_one_order_per_key"),
        )
        indexes = (models.Index(fields=("owner",), name="shop_order_owner"),)

    def __str__(self) -> str:
        return self.number or f"never placed: {self.key}"


class OrderLine(models.Model):
    """One line, as it stood in the frozen cart."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    quantity = models.PositiveIntegerField()
    unit_price = models.PositiveIntegerField()
    total = models.PositiveIntegerField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"
