"""Django looks here; the models live in adapters/outbound/persistence."""

from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSession,
    CheckoutSummary,
    WorkerHeartbeat,
)

__all__ = [
    "CheckoutEffect",
    "CheckoutHistory",
    "CheckoutInbox",
    "CheckoutOutbox",
    "CheckoutProgress",
    "CheckoutSession",
    "CheckoutSummary",
    "WorkerHeartbeat",
]
