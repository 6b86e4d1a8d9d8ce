"""The contract of the payments port, on the emulator, for both pages."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import pytest
from pytest_django import Settings

from checkout.adapters.outbound.payments.stripe import StripePayments
from checkout.testing.contracts import PaymentsPortContract
from tests.adapters.stripe.conftest import SECRET, said
from tests.adapters.stripe.shopper import Shopper

pytestmark = pytest.mark.once


class TestStripePayments(PaymentsPortContract):
    """Our adapter, our proxy, and the emulator in a process of its own."""

    @pytest.fixture
    def port(self, payments: StripePayments, shopper: Shopper) -> StripePayments:
        self.shopper = shopper
        return payments

    @pytest.fixture
    def silent(self, settings: Settings, page: str) -> StripePayments:
        said(settings, "http://127.0.0.1:9", timeout=0.5, PAYMENT_PAGE=page)
        return StripePayments()

    def pay(self, reference: str) -> None:
        assert self.shopper.pay(reference) == "requires_capture"

    def pay_wrong(self, reference: str) -> None:
        self.shopper.pay(reference, amount=1234)

    def webhook(self, reference: str, key: str) -> tuple[dict[str, str], bytes]:
        kind = "checkout.session" if reference.startswith("cs_") else "payment_intent"
        about = {"id": reference, "object": kind, "metadata": {"checkout_key": key}}
        event = {"id": "evt_1", "type": f"{kind}.completed", "data": {"object": about}}
        body, stamp = json.dumps(event).encode(), str(int(time.time()))
        digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={stamp},v1={digest}"}, body
