"""Minor units: ours as people read them, Stripe's as its table has them."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from checkout.adapters.outbound.payments.stripe import StripePayments
from checkout.adapters.outbound.payments.stripe_amounts import from_stripe, to_stripe
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.money import Money
from checkout.testing.contracts.support import Keys
from tests.adapters.stripe.conftest import said
from tests.adapters.stripe.proxy import StripeProxy
from tests.adapters.stripe.shopper import Shopper

pytestmark = pytest.mark.once

BACK = "https://shop.example/checkout/"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Money(2990, "EUR"), 2990),  # two decimals
        (Money(500, "JPY"), 500),  # none
        (Money(500, "MGA"), 500),  # none at Stripe; two in ISO 4217, none as people write it
        (Money(5120, "KWD"), 5120),  # three, the last of them 0
        (Money(5, "ISK"), 500),  # none, written with two
        (Money(5, "UGX"), 500),
        (Money(1045, "HUF"), 1045),  # without decimals only in payouts
        (Money(1045, "TWD"), 1045),
        (Money(150, "RSD"), 15000),  # people write none, Stripe two
    ],
)
def test_both_ways(ours: Money, theirs: int) -> None:
    assert to_stripe(ours, "payment_refused") == theirs
    assert from_stripe(theirs, ours.currency) == ours.amount


@pytest.mark.parametrize("money", [Money(5124, "KWD"), Money(1, "BHD"), Money(29_901, "CLF")])
def test_what_cannot_be_paid_exactly_is_refused_and_never_rounded(money: Money) -> None:
    with pytest.raises(Refused) as no:
        to_stripe(money, "refund_refused")
    assert no.value.code == "refund_refused"
    assert money.currency in no.value.message


def test_less_than_one_of_our_units_does_not_count() -> None:
    """Somebody gives 1.50 back where the shop counts whole units."""
    assert from_stripe(150, "RSD") == 1


@pytest.mark.parametrize(
    ("money", "theirs"),
    [(Money(500, "JPY"), "500"), (Money(5120, "KWD"), "5120"), (Money(900, "ISK"), "90000")],
)
def test_from_the_page_to_the_refund(
    proxy: StripeProxy, shopper: Shopper, settings: Settings, money: Money, theirs: str
) -> None:
    said(settings, proxy.url)
    payments, keys = StripePayments(), Keys()
    reference = payments.initiate(keys.of("payments.initiate"), money, "d", BACK).reference
    (created,) = proxy.sent("POST", "/sessions")
    price = created.said["line_items"]["0"]["price_data"]
    assert (price["unit_amount"], price["currency"]) == (theirs, money.currency.lower())
    shopper.pay(reference)
    taken = payments.capture(keys.of("payments.capture"), reference, money)
    assert (taken.captured, taken.currency) == (money.amount, money.currency)
    back = payments.refund(keys.of("payments.refund"), reference, money)
    assert (back.returned, back.kept) == (money.amount, 0)


def test_an_order_that_cannot_be_paid_exactly_never_reaches_stripe(
    proxy: StripeProxy, settings: Settings
) -> None:
    said(settings, proxy.url)
    with pytest.raises(Refused) as no:
        StripePayments().initiate(Keys().of("i"), Money(5124, "KWD"), "d", BACK)
    assert no.value.code == "payment_refused"
    assert proxy.requests == []
