"""Django's entry to the provider."""

from django.apps import AppConfig


class ProviderConfig(AppConfig):
    """The simulated payment provider.

    Installing it makes its tables and its admin lists. It does nothing by itself: the host includes
    its addresses and runs its `deliveries.Timers`, or `manage.py provider` does both.
    """

    name = "project.provider"
    label = "provider"
    verbose_name = "Quayside Payments (simulated provider)"
    default_auto_field = "django.db.models.BigAutoField"
