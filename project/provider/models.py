"""The provider's own tables. Money is integer minor units; facts are cumulative and only grow."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import F, Q


def new_payment_id() -> str:
    """An id that nobody can guess (128 bits): the address of the hosted page contains it."""
    return f"pay_{secrets.token_hex(16)}"


def new_refund_id() -> str:
    """An id for a refund."""
    return f"ref_{secrets.token_hex(12)}"


def new_event_id() -> str:
    """An id for an event; the receiver tells duplicates by it."""
    return f"evt_{secrets.token_hex(12)}"


class Payment(models.Model):
    """One payment. `stage` says what may happen next; what happened is in the amounts."""

    class Stage(models.TextChoices):
        """OPEN takes a card; SILENT is a bank that never answers; PENDING one that will."""

        OPEN = "open"
        CHALLENGE = "challenge"
        PENDING = "pending"
        SILENT = "silent"
        AUTHORISED = "authorised"
        CLOSED = "closed"

    id = models.CharField(primary_key=True, max_length=40, default=new_payment_id, editable=False)
    reference = models.CharField(max_length=200, unique=True)
    digest = models.CharField(max_length=200, blank=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    return_url = models.CharField(max_length=2000)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.OPEN)
    authorised = models.BigIntegerField(default=0)
    captured = models.BigIntegerField(default=0)
    voided = models.BigIntegerField(default=0)
    refund_open = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    refund_failed = models.BigIntegerField(default=0)
    refunds_to_fail = models.PositiveSmallIntegerField(default=0)
    closed = models.BooleanField(default=False)
    close_asked = models.BooleanField(default=False)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(authorised__gte=F("captured") + F("voided")),
                name="provider_no_more_than_authorised",
            ),
            models.CheckConstraint(
                condition=Q(captured__gte=F("refunded") - F("refund_failed") + F("refund_open")),
                name="provider_no_more_than_captured",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"

    @property
    def returned(self) -> int:
        """Money that was really given back."""
        return self.refunded - self.refund_failed

    @property
    def status(self) -> str:
        """One word for people, from the facts."""
        if self.captured:
            return "refunded" if self.returned >= self.captured else "captured"
        if self.voided:
            return "voided"
        waiting = {self.Stage.CHALLENGE: "open", self.Stage.SILENT: "pending"}
        return waiting.get(self.Stage(self.stage), str(self.stage))


class Refund(models.Model):
    """One refund request. `key` is the idempotency key that it came with."""

    class Status(models.TextChoices):
        """PENDING is in no fact yet; the other two are decisions."""

        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.CharField(primary_key=True, max_length=40, default=new_refund_id, editable=False)
    payment = models.ForeignKey(Payment, models.CASCADE, related_name="refunds")
    key = models.CharField(max_length=255, blank=True)
    amount = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class ApiCall(models.Model):
    """One idempotency key: what was asked, and what was answered (`status` is NULL in flight)."""

    key = models.CharField(primary_key=True, max_length=255)
    fingerprint = models.CharField(max_length=64)
    lease_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    payment = models.ForeignKey(Payment, models.CASCADE, null=True)
    refusal = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key


class Timer(models.Model):
    """Something that will happen to a payment at `due_at`. Taking it is deleting it."""

    class Kind(models.TextChoices):
        """AUTHORISE and EXPIRE act on the payment, DECIDE_REFUND on `refund`."""

        AUTHORISE = "authorise"
        EXPIRE = "expire"
        DECIDE_REFUND = "decide_refund"

    payment = models.ForeignKey(Payment, models.CASCADE, related_name="timers")
    refund = models.ForeignKey(Refund, models.CASCADE, null=True)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.payment_id}"


class Event(models.Model):
    """What happened, exactly as the merchant is told: written with the change it reports."""

    id = models.CharField(primary_key=True, max_length=40, default=new_event_id, editable=False)
    payment = models.ForeignKey(Payment, models.CASCADE, related_name="events")
    type = models.CharField(max_length=30)
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class Delivery(models.Model):
    """One sending of an event, tried again until a 2xx or for a day."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    due_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    last_answer = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True)
    given_up = models.BooleanField(default=False)

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(delivered_at__isnull=True, given_up=False),
                name="provider_delivery_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} after {self.tries} tries"


class Fault(models.Model):
    """A fault to play to the next `remaining` API calls of one method."""

    class Mode(models.TextChoices):
        """FAIL answers 500 and does nothing; LOST does everything and answers 500."""

        FAIL = "500"
        LOST = "500_after"
        TIMEOUT_AFTER = "timeout_after"
        DROP_AFTER = "drop_after"
        SLOW = "slow"

    method = models.CharField(max_length=10)
    mode = models.CharField(max_length=14, choices=Mode.choices)
    remaining = models.PositiveIntegerField()
    seconds = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.mode} for {self.remaining} x {self.method}"
