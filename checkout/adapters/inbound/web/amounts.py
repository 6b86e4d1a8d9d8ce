"""Amounts for people: minor units of a currency in the words of a locale."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from django.utils.translation import get_language, to_locale


def in_words(amount: int, currency: str | None) -> str:
    """`2990, "EUR"` as a reader of the active language writes it: €29.90, 29,90 €, …"""
    if currency is None:
        return str(amount)
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(value, currency, locale=active_locale())


def active_locale() -> Locale:
    """Babel's locale of Django's active language; English when Babel does not know it."""
    try:
        return Locale.parse(to_locale(get_language() or "en"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
