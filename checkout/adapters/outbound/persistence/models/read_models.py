"""The stored read models, and the heartbeat of the sweeps."""

from __future__ import annotations

from django.db import models

from checkout.adapters.outbound.persistence.models.checkout_session_model import CheckoutSession


class CheckoutProgress(models.Model):
    """What pages, sockets and API show; rebuilt at any time from session, effects and history."""

    checkout = models.OneToOneField(
        CheckoutSession, primary_key=True, on_delete=models.CASCADE, related_name="progress"
    )
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=30)
    body = models.JSONField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.checkout_id} v{self.version}"


class CheckoutSummary(models.Model):
    """The receipt of a finished checkout."""

    checkout = models.OneToOneField(
        CheckoutSession, primary_key=True, on_delete=models.CASCADE, related_name="summary"
    )
    body = models.JSONField()

    def __str__(self) -> str:
        return str(self.checkout_id)


class WorkerHeartbeat(models.Model):
    """When the sweep of a worker process last went round."""

    worker = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker
