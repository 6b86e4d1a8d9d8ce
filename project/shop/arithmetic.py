"""Integer arithmetic with money. Every rounding in the shop happens here, half up."""

from __future__ import annotations

import re
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from django.utils.translation import get_language, to_locale

VAT_PERCENT = 20
# CLDR keeps letters and digits apart, which Babel leaves to us: CHF 5.00, not CHF5.00.
_TOUCHING = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def share(amount: int, percent: int) -> int:
    """`percent` of `amount` minor units, rounded half up. Both are at least zero."""
    return (amount * percent + 50) // 100


def included_vat(gross: int, percent: int = VAT_PERCENT) -> int:
    """The VAT inside a gross amount of minor units, rounded half up."""
    whole = 100 + percent
    return (2 * gross * percent + whole) // (2 * whole)


def in_words(amount: int, currency: str) -> str:
    """Minor units as a reader of the active language writes them: `1850, "EUR"` is "€18.50"."""
    scaled = Decimal(amount).scaleb(-get_currency_precision(currency))
    written = format_currency(scaled, currency, locale=active_locale())
    return _TOUCHING.sub("\N{NO-BREAK SPACE}", written)


def active_locale() -> Locale:
    """Babel's locale of Django's active language; English when Babel does not know it."""
    try:
        return Locale.parse(to_locale(get_language() or "en"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
