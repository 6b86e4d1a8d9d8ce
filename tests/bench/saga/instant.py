"""A payment provider that answers at once, in the process, under the real contract of the port.

It keeps nothing: what it must know later is in the reference that it gives away, so any process can
answer, and the same key always gets the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from checkout.application.ports.outbound.payments_port import PaymentInitiated, ProviderMessage
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts


class InstantPayments:
    """PaymentsPort: authorised when it is created, captured when it is asked."""

    transactional = False

    def initiate(self, key: str, money: Money, digest: str, return_url: str) -> PaymentInitiated:
        """Authorised in full; nothing is asked of the shopper."""
        reference = f"{money.amount}|{money.currency}|{digest}"
        return PaymentInitiated(reference, {"type": "nothing"}, self.lookup(key, reference))

    def lookup(self, key: str, reference: str) -> PaymentFacts:
        """Read from the reference."""
        if not reference:
            return PaymentFacts()
        amount, currency, digest = reference.split("|")
        return PaymentFacts(currency, digest, authorised=int(amount))

    def close(self, key: str, reference: str) -> PaymentFacts:
        """Paid in full, so there is nothing to close."""
        return self.lookup(key, reference)

    def capture(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """All of it."""
        return replace(self.lookup(key, reference), captured=money.amount, closed=True)

    def void(self, key: str, reference: str) -> PaymentFacts:
        """Never needed here."""
        raise Refused("void_refused", "The money is taken.")

    def refund(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Never needed here."""
        raise Refused("refund_refused", "Nothing is refunded in a benchmark.")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> ProviderMessage:
        """It sends none."""
        raise Refused("malformed", "This provider sends no messages.")
