"""Amounts on their way to Stripe and back: its minor units are not everywhere those of a shop.

Ours follow CLDR, as Babel shows them to people. Stripe's follow its own table
(docs.stripe.com/currencies): two decimals unless said otherwise.
"""

from __future__ import annotations

from babel.numbers import get_currency_precision

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.money import Money

# ISK and UGX have no decimals either, but Stripe wants them written with two, which are always 00.
WITHOUT_DECIMALS = (
    *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
    *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
)
WITH_THREE = ("BHD", "JOD", "KWD", "OMR", "TND")  # the last digit must be 0


def to_stripe(money: Money, code: str) -> int:
    """The amount as Stripe writes it.

    Raises Refused(`code`) for an amount that Stripe cannot take exactly. It is never rounded: what
    is paid must equal what was frozen (failures.md E4).
    """
    scale = _decimals(money.currency) - get_currency_precision(money.currency)
    amount, rest = money.amount * 10 ** max(scale, 0), 0
    if scale < 0:
        amount, rest = divmod(money.amount, 10**-scale)
    if rest or (money.currency in WITH_THREE and amount % 10):
        text = f"Stripe does not take {money.currency} in steps as small as this amount needs."
        raise Refused(code, text, reason="amount_not_payable")
    return amount


def from_stripe(amount: int, currency: str) -> int:
    """Our minor units; what is less than one of them is not counted."""
    scale = get_currency_precision(currency) - _decimals(currency)
    return amount * 10**scale if scale >= 0 else amount // 10**-scale


def _decimals(currency: str) -> int:
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in WITH_THREE else 2
