"""The journal of a checkout: effects, history, inbox and outbox."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from checkout.adapters.outbound.persistence.models.checkout_session_model import CheckoutSession


class CheckoutEffect(models.Model):
    """One port call: intent before it, answer after it. `key` is its idempotency key."""

    # Its key is made of checkout, name and generation: one unique rule is enough for all of them.
    # Every entry of every index is written with every checkout.
    checkout = models.ForeignKey(
        CheckoutSession, on_delete=models.CASCADE, related_name="effects", db_index=False
    )
    name = models.CharField(max_length=60)
    generation = models.PositiveIntegerField()
    key = models.CharField(max_length=160, unique=True)
    arguments = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10)
    result = models.JSONField(default=dict)
    error = models.JSONField(default=dict)
    reference = models.CharField(max_length=200, default="")
    tries = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    intended_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["checkout"], name="checkout_effects_of"),
            models.Index(
                fields=["intended_at"],
                condition=Q(outcome__in=["intended", "unknown"]),
                name="checkout_effect_open",
            ),
            models.Index(
                fields=["reference"], condition=~Q(reference=""), name="checkout_effect_reference"
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.key


class CheckoutHistory(models.Model):
    """One visible change, append-only: who moved what from where to where, and why."""

    # No index of its own: the unique rule begins with the checkout. The same for the outbox.
    checkout = models.ForeignKey(
        CheckoutSession, on_delete=models.CASCADE, related_name="history", db_index=False
    )
    version = models.PositiveIntegerField()
    edge = models.CharField(max_length=40)
    source = models.CharField(max_length=30)
    target = models.CharField(max_length=30)
    actor = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, default="", blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checkout", "version"], name="checkout_history_once_per_version"
            )
        ]
        ordering = ["version"]

    def __str__(self) -> str:
        return f"{self.checkout_id} v{self.version} {self.edge}"


class CheckoutInbox(models.Model):
    """A provider message or a command, stored before it is understood; known once, for ever."""

    checkout = models.ForeignKey(
        CheckoutSession, null=True, on_delete=models.CASCADE, related_name="inbox"
    )
    source = models.CharField(max_length=60)
    message_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=200)
    reference = models.CharField(max_length=200, default="")
    payload = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=100, default="")

    class Meta:
        verbose_name = "message"
        constraints = [
            models.UniqueConstraint(fields=["source", "message_id"], name="checkout_inbox_once")
        ]
        indexes = [
            models.Index(
                fields=["reference"],
                condition=Q(checkout__isnull=True),
                name="checkout_inbox_parked",
            ),
            models.Index(
                fields=["checkout", "id"],
                condition=Q(applied_at__isnull=True),
                name="checkout_inbox_waiting",
            ),
            models.Index(
                fields=["received_at"],
                condition=Q(source__startswith="provider:"),
                name="checkout_inbox_by_age",
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.source}:{self.message_id}"


class CheckoutOutbox(models.Model):
    """One event of a checkout, written with the change that it tells of. `event_id` never changes."""

    checkout = models.ForeignKey(
        CheckoutSession, on_delete=models.CASCADE, related_name="outbox", db_index=False
    )
    sequence = models.PositiveIntegerField()
    event_id = models.UUIDField(default=uuid.uuid4)  # drawn at random: no index has to guard it
    name = models.CharField(max_length=60)
    data = models.JSONField()
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checkout", "sequence"], name="checkout_outbox_in_order"
            )
        ]
        indexes = [
            models.Index(
                fields=["checkout", "sequence"],
                condition=Q(sent_at__isnull=True),
                name="checkout_outbox_unsent",
            )
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} {self.event_id}"
