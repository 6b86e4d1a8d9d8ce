"""What says nothing about the payment is unknown, a definite no is a refusal, our mistake a fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from checkout.adapters.outbound.payments.stripe import StripePayments
from checkout.domain.exceptions import Refused, Unavailable
from checkout.domain.value_objects.money import Money
from tests.adapters.same_answer import SameAnswer, same_answer
from tests.adapters.stripe.conftest import PAGES, said

pytestmark = pytest.mark.once

EUR = Money(2990, "EUR")
BACK = "https://shop.example/checkout/"
INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "currency": "eur",
    "status": "requires_capture",
    "metadata": {},
}
CALLS: list[Callable[[StripePayments], Any]] = [
    lambda stripe: stripe.initiate("key", EUR, "digest", BACK),
    lambda stripe: stripe.lookup("key", ""),
    lambda stripe: stripe.lookup("key", "pi_1"),
    lambda stripe: stripe.close("key", "cs_1"),
    lambda stripe: stripe.capture("key", "pi_1", EUR),
    lambda stripe: stripe.void("key", "cs_1"),
    lambda stripe: stripe.refund("key", "pi_1", EUR),
]


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> Iterator[SameAnswer]:
    """A server that is not Stripe."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with same_answer() as server:
        yield server


@pytest.fixture(params=PAGES, ids=["checkout_session", "own_page"])
def stripe(request: pytest.FixtureRequest, bad: SameAnswer, settings: Settings) -> StripePayments:
    """The adapter in front of it."""
    said(settings, bad.url, PAYMENT_PAGE=request.param)
    return StripePayments()


@pytest.mark.parametrize("call", range(len(CALLS)))
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"error": {"type": "api_error", "message": "Sorry."}}'),
        (502, b"<html>Bad gateway</html>"),
        (503, b"{}"),
        (408, b"{}"),
        (409, b'{"error": {"code": "idempotency_key_in_use", "message": "In progress."}}'),
        (429, b'{"error": {"code": "rate_limit", "message": "Too many."}}'),
        (400, b'{"error": {"code": "rate_limit", "message": "Too many."}}'),
        (302, b"{}"),
        (200, b"<html>A captive portal</html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'"text"'),
        (200, b'{"id": "pi_1", "object": "payment_intent"}'),
    ],
)
def test_what_says_nothing_is_unknown(
    bad: SameAnswer, stripe: StripePayments, status: int, body: bytes, call: int
) -> None:
    bad.status, bad.body = status, body
    with pytest.raises(Unavailable):
        CALLS[call](stripe)


@pytest.mark.parametrize("call", range(len(CALLS)))
@pytest.mark.parametrize("status", [400, 402, 404])
def test_a_definite_no_is_a_refusal(
    bad: SameAnswer, stripe: StripePayments, status: int, call: int
) -> None:
    error = {"type": "invalid_request_error", "code": "a_code", "message": "Stripe says no."}
    bad.status, bad.body = status, json.dumps({"error": error}).encode()
    with pytest.raises(Refused) as no:
        CALLS[call](stripe)
    assert no.value.code.endswith("_refused")
    assert no.value.message == "Stripe says no."
    assert no.value.detail == {"reason": "a_code", "status": status}


@pytest.mark.parametrize("call", range(len(CALLS)))
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_stripe_does_not_take_is_a_fault_of_ours(
    bad: SameAnswer, stripe: StripePayments, status: int, call: int
) -> None:
    bad.status, bad.body = status, b'{"error": {"message": "No such API key: sk_test_123"}}'
    with pytest.raises(RuntimeError, match="API_KEY") as fault:
        CALLS[call](stripe)
    assert "sk_test_123" not in str(fault.value)


def test_an_error_that_stays_under_every_key_is_unknown(
    bad: SameAnswer, stripe: StripePayments
) -> None:
    """What it did is looked for behind each key, and looking fails too."""
    bad.status, bad.headers = 500, {"Idempotent-Replayed": "true"}
    bad.body = b'{"error": {"type": "api_error", "message": "Sorry."}}'
    with pytest.raises(Unavailable):
        stripe.initiate("key", EUR, "digest", BACK)


@pytest.mark.parametrize("amount", [None, "2990", 29.9, True])
def test_a_charge_without_an_amount_is_no_fact(
    bad: SameAnswer, stripe: StripePayments, amount: Any
) -> None:
    charge = {"id": "ch_1", "object": "charge", "status": "succeeded", "amount": amount}
    bad.body = json.dumps({**INTENT, "latest_charge": charge}).encode()
    with pytest.raises(Unavailable):
        stripe.lookup("key", "pi_1")


def test_silence_ends_within_the_time_of_a_request(bad: SameAnswer, settings: Settings) -> None:
    said(settings, bad.url, timeout=0.5)
    bad.hurry.clear()
    with pytest.raises(Unavailable):
        StripePayments().capture("key", "pi_1", EUR)
    assert bad.given == 0
