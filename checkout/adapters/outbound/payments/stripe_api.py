"""The requests that the adapter makes, one method each, in the shapes of Stripe's API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from checkout.adapters.outbound.payments.stripe_calls import answer, connect, everything
from checkout.adapters.outbound.payments.stripe_facts import KEY, StripePayment, key_of, text
from checkout.adapters.outbound.payments.stripe_settings import StripeSettings

if TYPE_CHECKING:
    from stripe import RequestOptions
    from stripe.params import PaymentIntentCreateParams
    from stripe.params.checkout import SessionCreateParams

CHARGE = "latest_charge"
INTENT_AND_CHARGE = f"payment_intent.{CHARGE}"
SESSION = "cs_"  # how the id of a Checkout Session begins
A_DAY = 86400  # seconds: as long as Stripe keeps our keys, and leaves a session open
MOST = 1000  # objects of a list that are looked through before "it is not there" is too bold


class StripeApi:
    """Stripe as far as one payment needs it. Everything answers with the payment.

    Every method raises as `stripe_calls.answer` does; `code` is the word of a refusal.
    """

    def __init__(self, said: StripeSettings) -> None:
        self._said = said
        self._v1 = connect(said).v1

    def create(
        self, key: str, amount: int, currency: str, ours: dict[str, str], return_url: str
    ) -> StripePayment:
        """A payment of exactly this amount in Stripe's minor units; its money is only held."""
        if self._said.payment_page:
            return self._create_intent(key, amount, currency, ours)
        return self._create_session(key, amount, currency, ours, return_url)

    def find(self, key: str) -> StripePayment | None:
        """The payment that was created with this key in the last day, or None.

        Stripe has no index of our keys, so its newest are looked through. Its search has one, but
        answers up to a minute late: that may be a minute in which we believe in no payment.
        """
        since = int(time.time()) - A_DAY
        intents, sessions = self._v1.payment_intents, self._v1.checkout.sessions
        if self._said.payment_page:
            listed = self._everything(
                lambda: intents.list({"created": {"gte": since}, "limit": 100})
            )
        else:
            listed = self._everything(
                lambda: sessions.list({"created": {"gte": since}, "limit": 100})
            )
        found = next((one for one in listed if key_of(one) == key), None)
        return self.read(text(found, "id"), "lookup_refused") if found else None

    def read(self, reference: str, code: str) -> StripePayment:
        """The payment as it is now, with all refunds once money was taken."""
        if reference.startswith(SESSION):
            sessions = self._v1.checkout.sessions
            payment = StripePayment.of_session(
                answer(code, lambda: sessions.retrieve(reference, {"expand": [INTENT_AND_CHARGE]}))
            )
        else:
            intents = self._v1.payment_intents
            payment = StripePayment(
                answer(code, lambda: intents.retrieve(reference, {"expand": [CHARGE]}))
            )
        if payment.charge.get("captured"):
            payment.refunds = self._refunds(payment)
        return payment

    def expire(self, payment: StripePayment, code: str) -> StripePayment:
        """Shut the page, before the shopper has paid."""
        reference, sessions = text(payment.session, "id"), self._v1.checkout.sessions
        return StripePayment.of_session(
            answer(code, lambda: sessions.expire(reference, {"expand": [INTENT_AND_CHARGE]}))
        )

    def cancel(self, payment: StripePayment, code: str, key: str = "") -> StripePayment:
        """Let go of what is held, and let nobody try again."""
        intents, intent = self._v1.payment_intents, text(payment.intent, "id")
        under: RequestOptions = {"idempotency_key": key} if key else {}
        done = answer(code, lambda: intents.cancel(intent, {"expand": [CHARGE]}, under))
        return StripePayment(done, payment.session)

    def capture(self, payment: StripePayment, amount: int, code: str, key: str) -> StripePayment:
        """Take so much of what is held; the rest is let go."""
        intents, intent = self._v1.payment_intents, text(payment.intent, "id")
        done = answer(
            code,
            lambda: intents.capture(
                intent,
                {"amount_to_capture": amount, "expand": [CHARGE]},
                {"idempotency_key": key},
            ),
        )
        return StripePayment(done, payment.session)

    def refund(
        self, payment: StripePayment, amount: int, ours: dict[str, str], code: str, key: str
    ) -> StripePayment:
        """Give so much back. `ours` is how it is found again when the answer is lost."""
        intent, refunds = text(payment.intent, "id"), self._v1.refunds
        done = answer(
            code,
            lambda: refunds.create(
                {"payment_intent": intent, "amount": amount, "metadata": ours},
                {"idempotency_key": key},
            ),
        )
        return StripePayment(payment.intent, payment.session, [done, *payment.refunds])

    def _create_session(
        self, key: str, amount: int, currency: str, ours: dict[str, str], return_url: str
    ) -> StripePayment:
        """Prices stay in the currency of the order: a payment in another would not match it."""
        price = {
            "currency": currency.lower(),
            "unit_amount": amount,
            "product_data": {"name": self._said.line},
        }
        params = {
            **self._said.session,
            "mode": "payment",
            "client_reference_id": ours[KEY],
            "metadata": ours,
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": {"capture_method": "manual", "metadata": ours},
            "adaptive_pricing": {"enabled": False},
            "success_url": return_url,
            "cancel_url": return_url,
        }
        asked, sessions = cast("SessionCreateParams", params), self._v1.checkout.sessions
        made = answer("payment_refused", lambda: sessions.create(asked, {"idempotency_key": key}))
        return StripePayment.of_session(made)

    def _create_intent(
        self, key: str, amount: int, currency: str, ours: dict[str, str]
    ) -> StripePayment:
        asked: PaymentIntentCreateParams = {
            "amount": amount,
            "currency": currency.lower(),
            "capture_method": "manual",
            "metadata": ours,
        }
        intents = self._v1.payment_intents
        made = answer("payment_refused", lambda: intents.create(asked, {"idempotency_key": key}))
        return StripePayment(made)

    def _refunds(self, payment: StripePayment) -> list[dict[str, Any]]:
        intent, refunds = text(payment.intent, "id"), self._v1.refunds
        return list(
            self._everything(lambda: refunds.list({"payment_intent": intent, "limit": 100}))
        )

    def _everything(self, send: Callable[[], Any]) -> Iterator[dict[str, Any]]:
        return everything(send, MOST, self._said.timeout)
