"""Webhooks: believed only when the provider signed exactly this body, just now."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import pytest
from pytest_django import Settings

from checkout.domain.exceptions import BadSignature, Refused
from project.shop.adapters.payments import SimulatedPayments

SECRET = "a-secret-for-webhooks"


@pytest.fixture
def payments(settings: Settings) -> SimulatedPayments:
    settings.PROVIDER = {
        "BASE_URL": "http://127.0.0.1:9",
        "API_KEY": "k",
        "WEBHOOK_SECRET": SECRET,
    }
    return SimulatedPayments()


def signed(body: bytes, secret: bytes = SECRET.encode(), age: int = 0) -> dict[str, str]:
    stamp = str(int(time.time()) - age)
    digest = hmac.new(secret, b".".join((b"evt_1", stamp.encode(), body)), hashlib.sha256).digest()
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,AAAA v1,{base64.b64encode(digest).decode()}",
    }


EVENT = json.dumps(
    {"type": "payment.authorised", "data": {"id": "pay_1", "reference": "c:payments.initiate:1"}}
).encode()


class TestWebhooks:
    def test_a_signed_message_is_read(self, payments: SimulatedPayments) -> None:
        message = payments.parse_webhook(signed(EVENT), EVENT)
        assert (message.id, message.kind, message.reference) == (
            "evt_1",
            "payment.authorised",
            "pay_1",
        )
        assert message.merchant_reference == "c:payments.initiate:1"

    def test_an_old_secret_counts_while_both_are_named(
        self, payments: SimulatedPayments, settings: Settings
    ) -> None:
        new = "whsec_" + base64.b64encode(b"the new one").decode()
        settings.PROVIDER = {**settings.PROVIDER, "WEBHOOK_SECRET": f"{new} {SECRET}"}
        for secret in (b"the new one", SECRET.encode()):
            assert payments.parse_webhook(signed(EVENT, secret), EVENT).id == "evt_1"

    @pytest.mark.parametrize(
        "change",
        [
            {"webhook-id": "evt_2"},
            {"webhook-id": ""},
            {"webhook-timestamp": "soon"},
            {"webhook-timestamp": "1"},
            {"webhook-timestamp": "9" * 400},
            {"webhook-timestamp": "9" * 5000},
            {"webhook-signature": ""},
            {"webhook-signature": "v1,é"},
            {"webhook-signature": "v1a,AAAA"},
        ],
    )
    def test_a_message_that_was_not_signed_so_is_refused(
        self, payments: SimulatedPayments, change: dict[str, str]
    ) -> None:
        with pytest.raises(BadSignature):
            payments.parse_webhook({**signed(EVENT), **change}, EVENT)

    def test_another_body_another_secret_another_time(self, payments: SimulatedPayments) -> None:
        for headers, body in (
            (signed(EVENT), EVENT + b" "),
            (signed(EVENT, b"guessed"), EVENT),
            (signed(EVENT, age=301), EVENT),
            (signed(EVENT, age=-310), EVENT),
        ):
            with pytest.raises(BadSignature):
                payments.parse_webhook(headers, body)

    @pytest.mark.parametrize(
        "body", [b"{", b"[]", b"{}", b'{"type": 1, "data": {"id": "a", "reference": "b"}}', b"\xff"]
    )
    def test_a_signed_body_without_sense_is_malformed(
        self, payments: SimulatedPayments, body: bytes
    ) -> None:
        with pytest.raises(Refused) as no:
            payments.parse_webhook(signed(body), body)
        assert no.value.code == "malformed"
