"""Django's entry to the provider."""

from django.apps import AppConfig


class ProviderConfig(AppConfig):
    """The simulated payment provider, label `provider`."""

    name = "project.provider"
    label = "provider"
    verbose_name = "Quayside Payments (simulated provider)"
    default_auto_field = "django.db.models.BigAutoField"
