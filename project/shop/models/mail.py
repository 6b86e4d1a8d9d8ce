"""Mails to shoppers, one row each. Who it goes to and what it says is looked up when it is sent."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Mail(models.Model):
    """One mail, made by one event: `event` is its CloudEvents id, and gives the Message-ID.

    It is due until it has ended, one way or another. `tries` counts the claims: whoever claimed an
    earlier one writes nothing any more. No address is kept here, and no link.
    """

    CONFIRMED, ABORTED, REFUNDED = "confirmed", "aborted", "refunded"
    DOUBT, LINK = "doubt", "link"
    KINDS = (
        (CONFIRMED, "order confirmed"),
        (ABORTED, "not completed"),
        (REFUNDED, "refunded"),
        (DOUBT, "we are checking"),
        (LINK, "link"),
    )
    WAITING, SENT, REFUSED = "", "sent", "refused"
    OUTDATED, GIVEN_UP, NOWHERE = "outdated", "given_up", "no_address"
    OUTCOMES = (
        (WAITING, "waiting"),
        (SENT, "sent"),
        (REFUSED, "refused by the mail server"),
        (OUTDATED, "not sent: something newer was told"),
        (GIVEN_UP, "given up after many days"),
        (NOWHERE, "no address"),
    )

    event = models.UUIDField(unique=True)
    kind = models.CharField(max_length=12, choices=KINDS)
    checkout = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField(help_text="When it happened that the mail tells of.")
    heard_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=OUTCOMES, default=WAITING, blank=True)
    error = models.CharField(max_length=120, default="", blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("checkout",), condition=Q(kind="doubt"), name="shop_one_mail_of_doubt"
            ),
        )
        indexes = (
            models.Index(fields=("checkout",), name="shop_mail_checkout"),
            models.Index(F("due_at"), condition=Q(ended_at__isnull=True), name="shop_mail_to_send"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.checkout})"
