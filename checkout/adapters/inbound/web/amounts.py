"""Amounts for people: minor units of a currency in the words of a locale."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from checkout.adapters.inbound.web import words

# CLDR keeps letters and digits apart, which Babel leaves to us: CHF 5.00, not CHF5.00.
_TOUCHING = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


MOST_KEPT = 4096  # the prices of a shop come again and again, and words for one take long


def in_words(amount: int, currency: str | None) -> str:
    """`2990, "EUR"` as a reader of the active language writes it: €29.90, 29,90 €, …"""
    return str(amount) if currency is None else _written(amount, currency, get_language() or "en")


@lru_cache(MOST_KEPT)
def _written(amount: int, currency: str, language: str) -> str:
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    written = format_currency(value, currency, locale=_locale(language))
    return _TOUCHING.sub("\N{NO-BREAK SPACE}", written)


def money_line(money: Mapping[str, Any]) -> dict[str, str]:
    """What became of the shopper's money: its kind, what stands in bold, and what stands behind it."""
    return _line(money["status"], money["amount"], money["currency"], get_language())


@lru_cache(MOST_KEPT)
def _line(status: str, minor: int, currency: str | None, _language: str | None) -> dict[str, str]:
    kind, bold, rest = words.MONEY[status]
    amount = {"amount": in_words(minor, currency)}
    return {"kind": kind, "bold": _(bold) % amount, "rest": _(rest) if rest else ""}


def active_locale() -> Locale:
    """Babel's locale of Django's active language; English when Babel does not know it."""
    return _locale(get_language() or "en")


@lru_cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
