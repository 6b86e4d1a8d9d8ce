"""The Django app: one line in INSTALLED_APPS, `checkout`.

It opens no database connection and starts no thread at import: a worker may fork after it, and a
management command should not find itself sweeping.
"""

from __future__ import annotations

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    """Checkout as Django sees it."""

    name = "checkout"
    verbose_name = "Checkout"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and the groups of staff; they open no connection either."""
        from checkout.adapters.inbound.admin import groups
        from checkout.adapters.inbound.checks.registration import register_checks

        register_checks()
        groups.connect(self)
