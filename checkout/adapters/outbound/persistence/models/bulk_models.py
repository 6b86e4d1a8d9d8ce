"""Bulk recovery: a command for many checkouts, and what became of each of them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from checkout.adapters.outbound.persistence.models.checkout_session_model import CheckoutSession
from checkout.application.ports.outbound.bulk_port import Phase, Result


def _somebody() -> models.ForeignKey:
    """A member of staff; the job outlives them."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )


class BulkRecovery(models.Model):
    """One command for many checkouts: rehearsed, confirmed by a person, then given one by one.

    `scope` says which were chosen, `forecast` holds the sums of the dry run, `counts` how many rows
    had which result when the last phase was over, and `logged` is what the admin's log says of each
    checkout: the reason, as everybody may read it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    command = models.CharField(max_length=20)
    scope = models.CharField(max_length=500)
    phase = models.CharField(max_length=12, default=Phase.REHEARSING.value)
    total = models.PositiveIntegerField()
    forecast = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    chosen_by = _somebody()
    chosen_at = models.DateTimeField()
    confirmed_by = _somebody()
    confirmed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, default="", blank=True)
    logged = models.TextField(default="", blank=True)
    stopped_by = _somebody()
    stopped_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "bulk recovery"
        verbose_name_plural = "bulk recoveries"
        ordering = ["-chosen_at", "id"]
        indexes = [
            models.Index(
                fields=["chosen_at"],
                condition=models.Q(finished_at__isnull=True),
                name="checkout_bulk_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.command} for {self.total}, {str(self.id)[:8]}"


class BulkRecoveryRow(models.Model):
    """One checkout of it. `version` is what the dry run saw, `becomes` the state it foresaw."""

    job = models.ForeignKey(BulkRecovery, on_delete=models.CASCADE, related_name="rows")
    checkout = models.ForeignKey(CheckoutSession, on_delete=models.CASCADE, related_name="+")
    result = models.CharField(max_length=10, default=Result.WAITING.value)
    version = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=60, default="", blank=True)
    said = models.CharField(max_length=300, default="", blank=True)
    becomes = models.CharField(max_length=30, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "checkout"], name="checkout_bulk_row_once")
        ]
        indexes = [models.Index(fields=["job", "result", "id"], name="checkout_bulk_by_result")]

    def __str__(self) -> str:
        return f"{self.checkout_id}: {self.result}"
