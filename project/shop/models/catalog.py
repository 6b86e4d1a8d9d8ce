"""What the shop sells."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext

SKU = RegexValidator(r"^[A-Z0-9]+(-[A-Z0-9]+)*$", "Use capital letters, digits and single hyphens.")


def currency() -> str:
    """The one currency of the shop: ISO 4217, `SHOP_CURRENCY` in the settings."""
    return str(settings.SHOP_CURRENCY)


class Product(models.Model):
    """One article. `price` is in minor units of `currency()` and includes VAT."""

    sku = models.CharField(max_length=40, unique=True, validators=[SKU])
    name = models.CharField(max_length=80)
    summary = models.CharField(max_length=120, help_text="One line, shown in the grid.")
    description = models.TextField()
    details = models.TextField(blank=True, help_text="Material, size, care: one fact per line.")
    picture = models.CharField(max_length=120, help_text="Path of a static file.")
    price = models.PositiveIntegerField(
        validators=[MinValueValidator(1)], help_text="In cents, VAT included: 1850 is 18.50 EUR."
    )
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True, help_text="Inactive products cannot be bought.")

    class Meta:
        ordering = ("position", "sku")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The product's page."""
        return reverse("shop:product", args=[self.sku])

    # The words of the first stocking are in the catalogues of messages; what staff write is shown
    # as they wrote it.
    @property
    def shown_name(self) -> str:
        """The name in the active language."""
        return gettext(self.name)

    @property
    def shown_summary(self) -> str:
        """The line of the grid in the active language."""
        return gettext(self.summary)

    @property
    def shown_description(self) -> str:
        """The description in the active language."""
        return gettext(self.description)

    @property
    def facts(self) -> list[str]:
        """The details in the active language, one fact each."""
        return [line for line in gettext(self.details).splitlines() if line.strip()]
