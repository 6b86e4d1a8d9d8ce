"""Stripe's webhooks: believed only when Stripe signed exactly this body, just now."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from checkout.adapters.outbound.payments.stripe import StripePayments
from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.domain.exceptions import BadSignature, Refused
from checkout.testing.proof.scenarios import drive
from tests import patience
from tests.adapters.stripe.books import books
from tests.adapters.stripe.conftest import SECRET, said
from tests.adapters.stripe.proxy import StripeProxy
from tests.adapters.stripe.shopper import DECLINED, Shopper
from tests.adapters.stripe.world import BACK, BOUGHT, StripeWorld, in_the_dashboard
from tests.patience import eventually

KEY = "00000000-0000-4000-8000-000000000000:payments.initiate:1"
OURS = {"checkout_key": KEY, "checkout_digest": "digest"}


def event(kind: str, **about: Any) -> bytes:
    """An event of Stripe's API about this object."""
    content = {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "livemode": False,
        "data": {"object": about},
    }
    return json.dumps(content).encode()


SESSION = event(
    "checkout.session.completed",
    id="cs_1",
    object="checkout.session",
    status="complete",
    client_reference_id=KEY,
    metadata=OURS,
    customer_details={"email": "ada@example.org", "name": "Ada"},
    url="https://checkout.stripe.com/c/pay/cs_1",
)


def signed(body: bytes, *secrets: str, age: int = 0) -> dict[str, str]:
    """The header as Stripe sends it: during a rotation with one signature for each secret."""
    stamp = str(int(time.time()) - age)
    text = f"{stamp}.".encode() + body
    digests = [hmac.new(one.encode(), text, hashlib.sha256).hexdigest() for one in secrets]
    return {"stripe-signature": ",".join([f"t={stamp}", *(f"v1={one}" for one in digests)])}


@pytest.fixture
def reader(settings: Settings) -> StripePayments:
    """The adapter, with a Stripe that is not needed."""
    said(settings, "http://127.0.0.1:9")
    return StripePayments()


class TestSignatures:
    def test_a_signed_message_is_read(self, reader: StripePayments) -> None:
        message = reader.parse_webhook(signed(SESSION, SECRET), SESSION)
        assert (message.id, message.kind) == ("evt_1", "checkout.session.completed")
        assert (message.merchant_reference, message.reference) == (KEY, "cs_1")

    def test_a_secret_can_be_replaced(self, settings: Settings) -> None:
        """Both sides may have two for a while: whichever they share is enough."""
        said(settings, "http://127.0.0.1:9", WEBHOOK_SECRETS=["whsec_new", SECRET])
        reader = StripePayments()
        for secrets in ([SECRET], ["whsec_new"], ["whsec_of_nobody", "whsec_new"]):
            assert reader.parse_webhook(signed(SESSION, *secrets), SESSION).id == "evt_1"
        with pytest.raises(BadSignature):
            reader.parse_webhook(signed(SESSION, "whsec_of_nobody"), SESSION)

    @pytest.mark.parametrize(
        "header",
        [
            {},
            {"stripe-signature": ""},
            {"stripe-signature": "nonsense"},
            {"stripe-signature": "t=soon,v1=00"},
            {"stripe-signature": f"t={'9' * 5000},v1=00"},
            {"stripe-signature": "t=1,v1=é"},
            {"stripe-signature": "v1=00"},
        ],
    )
    def test_a_header_that_is_none(self, reader: StripePayments, header: dict[str, str]) -> None:
        with pytest.raises(BadSignature):
            reader.parse_webhook(header, SESSION)

    def test_another_body_another_secret_another_time(self, reader: StripePayments) -> None:
        old_scheme = {"stripe-signature": signed(SESSION, SECRET)["stripe-signature"][:-1]}
        for headers, body in (
            (signed(SESSION, SECRET), SESSION + b" "),
            (signed(SESSION, "whsec_guessed"), SESSION),
            (signed(SESSION, SECRET, age=301), SESSION),
            (old_scheme, SESSION),
            (signed(b"\xff", SECRET), b"\xff"),
        ):
            with pytest.raises(BadSignature):
                reader.parse_webhook(headers, body)


class TestEvents:
    @pytest.mark.parametrize(
        ("body", "merchant", "reference"),
        [
            (SESSION, KEY, "cs_1"),
            (
                event(
                    "checkout.session.expired", id="cs_1", object="checkout.session", metadata=OURS
                ),
                KEY,
                "cs_1",
            ),
            (
                event(
                    "payment_intent.succeeded", id="pi_1", object="payment_intent", metadata=OURS
                ),
                KEY,
                "pi_1",
            ),
            (
                event(
                    "charge.refunded",
                    id="ch_1",
                    object="charge",
                    payment_intent="pi_1",
                    metadata=OURS,
                ),
                KEY,
                "pi_1",
            ),
            (
                event(
                    "refund.failed",
                    id="re_1",
                    object="refund",
                    payment_intent="pi_1",
                    metadata={"checkout_key": KEY.replace("initiate", "refund")},
                ),
                KEY.replace("initiate", "refund"),
                "pi_1",
            ),
            (
                event("payment_intent.created", id="pi_2", object="payment_intent", metadata=None),
                "",
                "pi_2",
            ),
            (event("payout.paid", id="po_1", object="payout"), "", "po_1"),
        ],
    )
    def test_whose_it_is(
        self, reader: StripePayments, body: bytes, merchant: str, reference: str
    ) -> None:
        message = reader.parse_webhook(signed(body, SECRET), body)
        assert (message.merchant_reference, message.reference) == (merchant, reference)

    def test_names_addresses_and_secrets_are_not_kept(self, reader: StripePayments) -> None:
        body = event(
            "payment_intent.succeeded",
            id="pi_1",
            object="payment_intent",
            amount=2990,
            status="succeeded",
            client_secret="pi_1_secret_of_the_shopper",
            receipt_email="ada@example.org",
            shipping={"name": "Ada", "address": {"city": "London"}},
            metadata=OURS,
        )
        payload = reader.parse_webhook(signed(body, SECRET), body).payload
        plain = {"id": "pi_1", "object": "payment_intent", "amount": 2990, "status": "succeeded"}
        assert payload == {
            "id": "evt_1",
            "type": "payment_intent.succeeded",
            "livemode": False,
            "data": {"object": plain},
        }

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b"{}",
            b'{"id": "evt_1", "type": "x", "data": {"object": []}}',
            b'{"id": 1, "type": "x", "data": {"object": {"id": "pi_1", "object": "y"}}}',
            b'{"id": "evt_1", "type": "x", "data": {"object": {"id": 7, "object": "refund"}}}',
            b'{"id": "evt_1", "type": "v2.core.account.updated", "related_object": {}}',
        ],
    )
    def test_a_signed_body_without_sense_is_malformed(
        self, reader: StripePayments, body: bytes
    ) -> None:
        with pytest.raises(Refused) as no:
            reader.parse_webhook(signed(body, SECRET), body)
        assert no.value.code == "malformed"


@pytest.mark.django_db(transaction=True)
class TestFromTheEmulator:
    """The emulator sends by itself, to our own address; it signs as Stripe does."""

    @pytest.fixture
    def world(
        self, payments: StripePayments, proxy: StripeProxy, live_server: LiveServer
    ) -> Iterator[StripeWorld]:
        there = f"{live_server.url}/webhooks/payments/stripe/"
        hook = proxy.client.post(
            "/_config/webhooks/ours", json={"url": there, "secret": SECRET, "events": None}
        )
        hook.raise_for_status()
        built = StripeWorld(payments)
        with built:
            built.start(return_url=BACK)
            built.tick()
            yield built

    def arrives(self, world: StripeWorld, kind: str) -> None:
        """Wait until this message about our checkout is stored. Those of earlier tests come too."""
        ours = CheckoutInbox.objects.filter(source="provider:stripe", checkout=world.id)
        eventually(lambda: kind in [m.payload["type"] for m in ours.all()], lambda: f"no {kind}")

    def test_money_that_was_taken_finishes_the_checkout(
        self, world: StripeWorld, proxy: StripeProxy, shopper: Shopper
    ) -> None:
        """B1: the shopper never comes back."""
        shopper.pay(world.checkout.payment.reference)
        in_the_dashboard(proxy, world)
        self.arrives(world, "payment_intent.succeeded")
        world.tick()
        assert world.state == "completed"
        drive(world, lambda _: None)
        assert books(proxy) == BOUGHT

    def test_a_declined_card_is_told_at_once(self, world: StripeWorld, shopper: Shopper) -> None:
        shopper.pay(world.checkout.payment.reference, DECLINED)
        self.arrives(world, "payment_intent.payment_failed")
        world.tick()
        assert world.state == "awaiting_payment"
        assert world.body["payment"]["error"] == "card_declined"

    def test_what_nobody_signed_gets_no_further(
        self, world: StripeWorld, live_server: LiveServer
    ) -> None:
        there = f"{live_server.url}/webhooks/payments/stripe/"
        headers = signed(SESSION, "whsec_guessed")
        answer = httpx2.post(
            there, content=SESSION, headers=headers, trust_env=False, timeout=patience.SECONDS
        )
        assert answer.status_code in (400, 401, 403)
        assert not CheckoutInbox.objects.filter(message_id="evt_1").exists()
