"""Coupons, and who has used them up."""

from __future__ import annotations

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models


class Coupon(models.Model):
    """A discount that a code opens. `value` is percent, or minor units when fixed."""

    PERCENTAGE, FIXED = "percentage", "fixed"
    KINDS = ((PERCENTAGE, "percentage"), (FIXED, "fixed amount"))

    code = models.CharField(
        max_length=24,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9]+$", "Use capital letters and digits.")],
    )
    label = models.CharField(max_length=80, help_text="What the shopper reads.")
    kind = models.CharField(max_length=12, choices=KINDS)
    value = models.PositiveIntegerField(
        validators=[MinValueValidator(1)], help_text="Percent (1 to 100), or cents when fixed."
    )
    minimum = models.PositiveIntegerField(default=0, help_text="Smallest basket value, in cents.")
    uses = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many orders may use it. Empty: any number."
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(kind="percentage") | models.Q(value__lte=100),
                name="shop_at_most_all_of_it",
                violation_error_message="A percentage is at most 100.",
            ),
        )

    def __str__(self) -> str:
        return self.code


class CouponClaim(models.Model):
    """The coupons that one checkout uses. `released` without codes is a tombstone."""

    CLAIMED, REDEEMED, RELEASED = "claimed", "redeemed", "released"
    STATUSES = ((CLAIMED, "claimed"), (REDEEMED, "redeemed"), (RELEASED, "released"))

    key = models.CharField(max_length=120)
    owner = models.CharField(max_length=64, help_text="The checkout.")
    status = models.CharField(max_length=12, choices=STATUSES)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("key",), name="shop_one_claim_per_key"),)
        indexes = (models.Index(fields=("owner",), name="shop_claim_owner"),)

    def __str__(self) -> str:
        return f"{self.key} ({self.status})"


class CouponUse(models.Model):
    """One use of one coupon: it counts against the limit unless its claim is released."""

    # The constraint has an index that begins with it.
    claim = models.ForeignKey(
        CouponClaim, on_delete=models.CASCADE, related_name="uses", db_index=False
    )
    coupon = models.ForeignKey(
        Coupon,
        on_delete=models.CASCADE,
        to_field="code",
        db_column="code",
        db_index=False,
        related_name="claimed_uses",
    )

    class Meta:
        ordering = ("coupon",)
        constraints = (
            models.UniqueConstraint(fields=("claim", "coupon"), name="shop_one_use_per_claim"),
        )
        indexes = (models.Index(fields=("coupon",), name="shop_used_code"),)

    def __str__(self) -> str:
        return f"{self.coupon_id} by {self.claim}"
