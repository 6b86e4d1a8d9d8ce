"""Django looks here; the admin lives in adapters/inbound/admin."""

from checkout.adapters.inbound.admin.bulk.pages import BulkRecoveryAdmin
from checkout.adapters.inbound.admin.checkout_admin import CheckoutAdmin
from checkout.adapters.inbound.admin.inbox_admin import InboxAdmin
from checkout.adapters.inbound.admin.limits_admin import AttemptCounterAdmin

__all__ = ["AttemptCounterAdmin", "BulkRecoveryAdmin", "CheckoutAdmin", "InboxAdmin"]
