"""What the shop sells."""

from __future__ import annotations

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse

CURRENCY = "EUR"
SKU = RegexValidator(r"^[A-Z0-9]+(-[A-Z0-9]+)*$", "Use capital letters, digits and single hyphens.")


class Product(models.Model):
    """One article. `price` is in minor units of `CURRENCY` and includes VAT."""

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

    @property
    def facts(self) -> list[str]:
        """The details, one fact each."""
        return [line for line in self.details.splitlines() if line.strip()]
