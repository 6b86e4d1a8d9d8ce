"""Money in the shop's templates."""

from __future__ import annotations

from django import template

from project.shop.arithmetic import in_words
from project.shop.models.catalog import currency as own

register = template.Library()


@register.filter
def money(amount: int, currency: str = "") -> str:
    """Minor units as a person reads them: `{{ 1850|money }}` is "€18.50"."""
    return in_words(amount, currency or own())
