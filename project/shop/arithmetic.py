"""Integer arithmetic with money. Every rounding in the shop happens here, half up."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision

VAT_PERCENT = 20
LOCALE = "en_IE"


def share(amount: int, percent: int) -> int:
    """`percent` of `amount` minor units, rounded half up. Both are at least zero."""
    return (amount * percent + 50) // 100


def included_vat(gross: int, percent: int = VAT_PERCENT) -> int:
    """The VAT inside a gross amount of minor units, rounded half up."""
    whole = 100 + percent
    return (2 * gross * percent + whole) // (2 * whole)


def in_words(amount: int, currency: str) -> str:
    """Minor units as a person reads them: `1850, "EUR"` is "€18.50"."""
    scaled = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(scaled, currency, locale=LOCALE)
