"""Django looks here; the models live in adapters/outbound/persistence."""

from checkout.adapters.outbound.persistence.models import (
    AttemptCounter,
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSession,
    CheckoutSummary,
    HourlyTally,
    PeriodicJob,
    TallyCursor,
    UsedLink,
    WorkerHeartbeat,
)

__all__ = [
    "AttemptCounter",
    "CheckoutEffect",
    "CheckoutHistory",
    "CheckoutInbox",
    "CheckoutOutbox",
    "CheckoutProgress",
    "CheckoutSession",
    "CheckoutSummary",
    "HourlyTally",
    "PeriodicJob",
    "TallyCursor",
    "UsedLink",
    "WorkerHeartbeat",
]
