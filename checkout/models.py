"""Django looks here; the models live in adapters/outbound/persistence."""

from checkout.adapters.outbound.persistence.models import (
    AttemptCounter,
    BulkRecovery,
    BulkRecoveryRow,
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
    "BulkRecovery",
    "BulkRecoveryRow",
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
