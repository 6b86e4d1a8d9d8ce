"""Django looks here; the admin lives in adapters/inbound/admin."""

from checkout.adapters.inbound.admin.checkout_admin import CheckoutAdmin

__all__ = ["CheckoutAdmin"]
