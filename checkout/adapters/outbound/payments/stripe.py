"""The payments port over Stripe: a Checkout Session to pay on, a PaymentIntent underneath.

Money is held when the shopper pays, and taken when the order exists. Everything is looked at before
it is done and done under the port's key, so that an answer that is lost costs nobody anything.
docs/stripe.md says how to set it up and what is mapped how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from checkout.adapters.outbound.payments.stripe_amounts import to_stripe
from checkout.adapters.outbound.payments.stripe_api import StripeApi
from checkout.adapters.outbound.payments.stripe_calls import OtherRequest, once
from checkout.adapters.outbound.payments.stripe_facts import (
    DIGEST,
    KEY,
    StripePayment,
    facts_of,
    key_of,
    text,
)
from checkout.adapters.outbound.payments.stripe_settings import stripe_settings
from checkout.adapters.outbound.payments.stripe_webhooks import read_webhook
from checkout.application.ports.outbound.payments_port import PaymentInitiated, ProviderMessage
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts

UNPAID = ("requires_payment_method", "requires_confirmation", "requires_action")
INITIATE, LOOKUP, CLOSE = "payment_refused", "lookup_refused", "close_refused"
CAPTURE, VOID, REFUND = "capture_refused", "void_refused", "refund_refused"


class StripePayments:
    """PaymentsPort. One instance serves all threads.

    Raises ImproperlyConfigured when `CHECKOUT["STRIPE"]` cannot work.
    """

    transactional = False

    def __init__(self) -> None:
        self._said = stripe_settings()
        self._api = StripeApi(self._said)

    def initiate(self, key: str, money: Money, digest: str, return_url: str) -> PaymentInitiated:
        """Create the payment, or find the one of this key; see `PaymentsPort.initiate`."""
        amount = to_stripe(money, INITIATE)
        ours = {KEY: key, DIGEST: digest}

        def create(name: str) -> StripePayment:
            return self._api.create(name, amount, money.currency, ours, return_url)

        try:
            payment = once(key, create, lambda: self._api.find(key))
        except OtherRequest:
            # Our own create, under settings that have changed since: its answer was lost.
            found = self._api.find(key)
            if found is None:
                raise
            payment = found
        return PaymentInitiated(payment.reference, self._action(payment), facts_of(payment))

    def lookup(self, key: str, reference: str) -> PaymentFacts:
        """What is true now; a payment that was never created has no facts at all."""
        payment = self._api.read(reference, LOOKUP) if reference else self._api.find(key)
        return facts_of(payment) if payment else PaymentFacts()

    def close(self, key: str, reference: str) -> PaymentFacts:
        """Let nobody pay it any more; see `PaymentsPort.close`.

        Not under our key: Stripe would keep a refusal under it, and this is asked until it works.
        The intent of a session cannot be cancelled before it holds money: its page is shut instead.
        """
        payment = self._api.read(reference, CLOSE)
        try:
            if payment.session.get("status") == "open":
                payment = self._api.expire(payment, CLOSE)
            elif not payment.session and payment.intent.get("status") in UNPAID:
                payment = self._api.cancel(payment, CLOSE)
        except Refused:  # it was paid, or closed, between the look and the call
            payment = self._api.read(reference, CLOSE)
        return facts_of(payment)

    def capture(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Take the authorised money; see `PaymentsPort.capture`."""
        amount = to_stripe(money, CAPTURE)

        def take(payment: StripePayment, name: str) -> StripePayment:
            if not facts_of(payment).uncaptured:
                raise Refused(CAPTURE, "Nothing is authorised that could be taken.")
            return self._api.capture(payment, amount, CAPTURE, name)

        return self._act(key, reference, CAPTURE, take, lambda facts, _: facts.captured > 0)

    def void(self, key: str, reference: str) -> PaymentFacts:
        """Let the authorised money go; see `PaymentsPort.void`."""

        def let_go(payment: StripePayment, name: str) -> StripePayment:
            if not facts_of(payment).uncaptured:
                raise Refused(VOID, "Nothing is authorised that could be let go.")
            return self._api.cancel(payment, VOID, name)

        return self._act(key, reference, VOID, let_go, _is_let_go)

    def refund(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Ask for captured money to be given back; see `PaymentsPort.refund`."""
        amount = to_stripe(money, REFUND)

        def give_back(payment: StripePayment, name: str) -> StripePayment:
            if not facts_of(payment).captured:
                raise Refused(REFUND, "No money was taken that could be given back.")
            return self._api.refund(payment, amount, {KEY: key}, REFUND, name)

        def asked(facts: PaymentFacts, payment: StripePayment) -> bool:
            return any(key_of(refund) == key for refund in payment.refunds)

        return self._act(key, reference, REFUND, give_back, asked)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> ProviderMessage:
        """Verify, then read; see `PaymentsPort.parse_webhook`."""
        return read_webhook(headers, body, self._said.webhook_secrets)

    def client_secret(self, reference: str) -> str:
        """What the shop's own payment page gives to Stripe's scripts in the shopper's browser.

        For the owner of the checkout only; it is never stored, logged or put into an address.
        """
        return text(self._api.read(reference, LOOKUP).intent, "client_secret")

    def _act(
        self,
        key: str,
        reference: str,
        code: str,
        send: Callable[[StripePayment, str], StripePayment],
        done: Callable[[PaymentFacts, StripePayment], bool],
    ) -> PaymentFacts:
        """Look, act if it is not done yet, and look again before a no is believed.

        Stripe forgets a key after a day, and the first of two answers may have been lost.
        """

        def find() -> StripePayment | None:
            now = self._api.read(reference, code)
            return now if done(facts_of(now), now) else None

        payment = self._api.read(reference, code)
        if done(facts_of(payment), payment):
            return facts_of(payment)
        try:
            return facts_of(once(key, lambda name: send(payment, name), find))
        except Refused:
            found = find()
            if found is None:
                raise
            return facts_of(found)

    def _action(self, payment: StripePayment) -> dict[str, str]:
        """Where the shopper pays; nowhere once the page is shut."""
        if self._said.payment_page:
            page = self._said.payment_page.replace("{reference}", payment.reference)
            return {"type": "redirect", "url": page}
        url = payment.session.get("url")
        return {"type": "redirect", "url": url} if isinstance(url, str) else {"type": "nothing"}


def _is_let_go(facts: PaymentFacts, payment: StripePayment) -> bool:
    return facts.voided > 0 and not facts.captured
