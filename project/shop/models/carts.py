"""Carts: what somebody means to buy, until a checkout freezes it."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from project.shop.models.catalog import Product

MAX_QUANTITY = 99


class Cart(models.Model):
    """A basket with its delivery details.

    It belongs to a browser (`owner_hash`: SHA-256 of a secret in the session data), to whoever
    holds its token (`token_hash`), or to both. `closed_by` names the checkout that froze it.
    """

    OPEN, CLOSED = "open", "closed"
    STATUSES = ((OPEN, "open"), (CLOSED, "closed"))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_hash = models.CharField(max_length=64, blank=True)
    token_hash = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=8, choices=STATUSES, default=OPEN)
    closed_by = models.CharField(max_length=120, blank=True)
    coupons = models.JSONField(default=list, blank=True)
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=80, blank=True)
    street = models.CharField(max_length=120, blank=True)
    postcode = models.CharField(max_length=12, blank=True)
    city = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True)
    shipping = models.CharField(max_length=12, default="standard")
    language = models.CharField(
        max_length=16, blank=True, help_text="In which it was ordered: that of the mails."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now_add=True, help_text="The newest open cart is shown.")

    class Meta:
        ordering = ("-touched_at",)
        indexes = (models.Index(fields=("owner_hash",), name="shop_cart_owner"),)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        """Whether it may still be edited."""
        return self.status == self.OPEN


class CartLine(models.Model):
    """How many of one product."""

    # The constraint has an index that begins with it.
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MAX_QUANTITY)]
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("cart", "product"), name="shop_one_line_per_product"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"


class CartClosure(models.Model):
    """One closing of one cart, by the key of the call. `reopened` makes a late closing a no-op."""

    CLOSED, REOPENED = "closed", "reopened"
    STATUSES = ((CLOSED, "closed"), (REOPENED, "reopened"))

    key = models.CharField(max_length=120)
    cart = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=STATUSES)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("key",), name="shop_one_closure_per_key"),)

    def __str__(self) -> str:
        return f"{self.key} ({self.status})"
