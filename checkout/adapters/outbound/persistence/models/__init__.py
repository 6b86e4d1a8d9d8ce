"""The ORM models of checkout. Only the repository, the admin and bootstrap may touch them."""

from checkout.adapters.outbound.persistence.models.bulk_models import (
    BulkRecovery,
    BulkRecoveryRow,
)
from checkout.adapters.outbound.persistence.models.buyer_mail import BuyerMail
from checkout.adapters.outbound.persistence.models.checkout_session_model import CheckoutSession
from checkout.adapters.outbound.persistence.models.journal_models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
)
from checkout.adapters.outbound.persistence.models.read_models import (
    CheckoutProgress,
    CheckoutSummary,
    WorkerHeartbeat,
)
from checkout.adapters.outbound.persistence.models.tally_models import (
    HourlyTally,
    TallyCursor,
)
from checkout.adapters.outbound.persistence.models.upkeep_models import (
    AttemptCounter,
    PeriodicJob,
    UsedLink,
)

__all__ = [
    "AttemptCounter",
    "BulkRecovery",
    "BulkRecoveryRow",
    "BuyerMail",
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
