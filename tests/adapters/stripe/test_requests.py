"""What the adapter sends: the shape of a Checkout Session, the keys, and what it does not send."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django import Settings

from checkout.adapters.outbound.payments.stripe import StripePayments
from checkout.domain.exceptions import Refused, Unavailable
from checkout.domain.value_objects.money import Money
from checkout.testing.contracts.support import Keys
from tests.adapters.stripe.conftest import OWN_PAGE, said
from tests.adapters.stripe.forms import leaves
from tests.adapters.stripe.proxy import Request, StripeProxy
from tests.adapters.stripe.shopper import Shopper

pytestmark = pytest.mark.once

EUR = Money(2990, "EUR")
BACK = "https://shop.example/checkout/"


def begin(payments: StripePayments, keys: Keys) -> str:
    """Create the payment, or find it."""
    return payments.initiate(keys.of("payments.initiate"), EUR, "digest", BACK).reference


def create_of(proxy: StripeProxy) -> Request:
    """The only create."""
    (request,) = [r for r in proxy.requests if r.method == "POST"]
    return request


def test_a_session_is_asked_for_like_this(proxy: StripeProxy, settings: Settings) -> None:
    said(settings, proxy.url, SESSION={"locale": "de"}, LINE="Your order at Quayside")
    keys = Keys()
    begin(StripePayments(), keys)
    request, key = create_of(proxy), keys.of("payments.initiate")
    assert (request.path, request.key) == ("/v1/checkout/sessions", key)
    assert leaves(request.said) == {
        "mode": "payment",
        "locale": "de",
        "client_reference_id": key,
        "line_items.0.quantity": "1",
        "line_items.0.price_data.currency": "eur",
        "line_items.0.price_data.unit_amount": "2990",
        "line_items.0.price_data.product_data.name": "Your order at Quayside",
        "metadata.checkout_key": key,
        "metadata.checkout_digest": "digest",
        "payment_intent_data.capture_method": "manual",
        "payment_intent_data.metadata.checkout_key": key,
        "payment_intent_data.metadata.checkout_digest": "digest",
        "adaptive_pricing.enabled": "false",
        "success_url": BACK,
        "cancel_url": BACK,
    }


def test_an_intent_is_asked_for_like_this(proxy: StripeProxy, settings: Settings) -> None:
    said(settings, proxy.url, PAYMENT_PAGE=OWN_PAGE)
    keys = Keys()
    begin(StripePayments(), keys)
    request, key = create_of(proxy), keys.of("payments.initiate")
    assert (request.path, request.key) == ("/v1/payment_intents", key)
    assert leaves(request.said) == {
        "amount": "2990",
        "currency": "eur",
        "capture_method": "manual",
        "metadata.checkout_key": key,
        "metadata.checkout_digest": "digest",
    }


def test_every_moving_call_has_the_key_of_the_port(
    payments: StripePayments, proxy: StripeProxy, shopper: Shopper
) -> None:
    keys = Keys()
    reference = begin(payments, keys)
    shopper.pay(reference)
    payments.capture(keys.of("payments.capture"), reference, EUR)
    payments.refund(keys.of("payments.refund"), reference, EUR)
    moving = [request.key for request in proxy.requests if request.method == "POST"]
    assert moving == [keys.of(f"payments.{call}") for call in ("initiate", "capture", "refund")]
    (refund,) = proxy.sent("POST", "/refunds")
    assert refund.said["metadata"] == {"checkout_key": keys.of("payments.refund")}


def test_another_key_is_another_payment(payments: StripePayments) -> None:
    """H3: a new attempt is not answered with the old one."""
    keys = Keys()
    first = begin(payments, keys)
    second = payments.initiate(keys.of("payments.initiate", 2), EUR, "digest", BACK).reference
    assert second != first


def test_a_create_under_other_settings_finds_the_first(
    proxy: StripeProxy, settings: Settings
) -> None:
    """A5: a release changes a word between two tries; Stripe refuses the key with another body."""
    keys = Keys()
    said(settings, proxy.url, LINE="Your order")
    first = begin(StripePayments(), keys)
    said(settings, proxy.url, LINE="Your basket")
    assert begin(StripePayments(), keys) == first
    assert len(proxy.sessions.sessions) == 1


def test_a_payment_is_found_among_many(
    payments: StripePayments, proxy: StripeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page after page, newest first; and too many are never taken for "it is not there"."""
    wanted = Keys()
    reference = begin(payments, wanted)
    for _ in range(5):
        begin(payments, Keys())
    shown = proxy.answer

    def two_at_a_time(request: Request) -> Any:
        if request.said.get("limit") == "100" and not request.path.endswith("refunds"):
            request.said["limit"] = "2"
        return shown(request)

    monkeypatch.setattr(proxy, "answer", two_at_a_time)
    key = wanted.of("payments.initiate")
    assert payments.lookup(key, "") == payments.lookup(key, reference)
    listed = [r for r in proxy.requests if r.method == "GET" and "created" in r.said]
    assert len(listed) == 3
    assert payments.lookup(Keys().of("payments.initiate"), "").currency == ""
    unknown = Keys().of("payments.initiate")
    monkeypatch.setattr("checkout.adapters.outbound.payments.stripe_api.MOST", 3)
    with pytest.raises(Unavailable):
        payments.lookup(unknown, "")


def test_what_stripe_refuses_to_create_is_refused(payments: StripePayments, page: str) -> None:
    money = Money(0 if page else 10, "EUR")
    with pytest.raises(Refused) as no:
        payments.initiate(Keys().of("payments.initiate"), money, "digest", BACK)
    assert no.value.code == "payment_refused"
    assert no.value.message


def test_closing_again_and_again_is_never_answered_from_a_key(
    payments: StripePayments, proxy: StripeProxy, page: str
) -> None:
    """Stripe keeps what it first said under a key, also "not now"."""
    keys = Keys()
    reference = begin(payments, keys)
    proxy.trouble("POST", "/cancel" if page else "/expire", "500_before", times=2)
    for _ in range(2):
        with pytest.raises(Unavailable):
            payments.close(keys.of("payments.close"), reference)
    assert payments.close(keys.of("payments.close"), reference).closed


def test_looking_through_a_list_ends_in_time(
    payments: StripePayments, proxy: StripeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call must end before its lease does: nobody else may drive the checkout meanwhile."""
    for _ in range(2):
        begin(payments, Keys())
    clock = iter(range(0, 10_000, 45))
    slow = SimpleNamespace(monotonic=lambda: next(clock))
    monkeypatch.setattr("checkout.adapters.outbound.payments.stripe_calls.time", slow)
    with pytest.raises(Unavailable):
        payments.lookup(Keys().of("payments.initiate"), "")
