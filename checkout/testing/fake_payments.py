"""A fake payment provider with a ledger, for tests without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from checkout.application.ports.outbound.payments_port import PaymentInitiated, ProviderMessage
from checkout.domain.exceptions import BadSignature, Refused
from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts
from checkout.testing.scripted import Scripted


@dataclass
class FakePayment:
    """One payment at the fake provider."""

    reference: str
    money: Money
    facts: PaymentFacts
    pending: bool = False  # the bank has not decided: closing is not possible yet
    moved: set[str] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)  # refunds that are not decided yet


class FakePayments(Scripted):
    """PaymentsPort in memory. `pay` and `decline` are what the shopper does on the hosted page.

    `outcome` is applied as soon as a payment is created: `""` waits for the shopper, `"approve"`
    authorises at once and asks nothing of the shopper. `sale` captures whatever is authorised at
    once, as many payment methods do.
    """

    def __init__(self, outcome: str = "", remote: bool = True) -> None:
        super().__init__("payments", transactional=not remote)
        self.outcome = outcome
        self.sale = False
        self.payments: dict[str, FakePayment] = {}
        self.keys: dict[str, str] = {}
        self.failing_refunds = 0
        self.pending_refunds = False

    @property
    def last(self) -> FakePayment:
        """The newest payment."""
        return list(self.payments.values())[-1]

    def pay(self, amount: int | None = None, currency: str = "") -> None:
        """The shopper pays: the newest payment is authorised, in full unless told otherwise."""
        payment = self.last
        if payment.facts.closed:
            return
        paid = payment.money.amount if amount is None else amount
        payment.pending = False
        self.change(payment.reference, authorised=paid, currency=currency or payment.money.currency)
        if self.sale:
            self.change(payment.reference, captured=paid, closed=True)

    def change(self, reference: str = "", **facts: Any) -> None:
        """Other facts of a payment (the newest unless named), whatever happened at the provider."""
        payment = self.payments[reference] if reference else self.last
        payment.facts = replace(payment.facts, **facts)

    def decline(self, error: str = "card_declined", final: bool = False) -> None:
        """The bank says no; `final` closes the payment."""
        self.change(error=error, closed=final)

    def initiate(self, key: str, money: Money, digest: str, return_url: str) -> PaymentInitiated:
        """Create the payment, once per key."""
        with self.call("initiate", key):
            if key not in self.keys:
                reference = f"pay_{len(self.payments) + 1}"
                facts = PaymentFacts(currency=money.currency, digest=digest)
                self.payments[reference] = FakePayment(reference, money, facts)
                self.keys[key] = reference
                if self.outcome == "approve":
                    self.pay()
            payment = self.payments[self.keys[key]]
            action = {"type": "redirect", "url": f"/pay/{payment.reference}/"}
            if self.outcome == "approve":
                action = {"type": "nothing"}
            return PaymentInitiated(payment.reference, action, payment.facts)

    def lookup(self, key: str, reference: str) -> PaymentFacts:
        """The facts; of a payment whose reference never came by the key of its `initiate`."""
        with self.call("lookup", key):
            if not reference and key not in self.keys:
                return PaymentFacts()
            payment = self._known(reference or self.keys[key])
            self._decide(payment)
            return payment.facts

    def close(self, key: str, reference: str) -> PaymentFacts:
        """Close it, unless the bank is still deciding or all of the money is there."""
        with self.call("close", key):
            payment = self._known(reference)
            if not payment.pending and payment.facts.authorised < payment.money.amount:
                self.change(payment.reference, closed=True)
            return payment.facts

    def capture(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Take authorised money, once per key."""
        with self.call("capture", key):
            payment = self._known(reference)
            if key not in payment.moved:
                if payment.facts.uncaptured < money.amount:
                    raise Refused("capture_refused", "That much is not authorised.")
                payment.moved.add(key)
                captured = payment.facts.captured + money.amount
                self.change(payment.reference, captured=captured, closed=True)
            return payment.facts

    def void(self, key: str, reference: str) -> PaymentFacts:
        """Let go of what is authorised."""
        with self.call("void", key):
            payment = self._known(reference)
            if key not in payment.moved:
                if not payment.facts.uncaptured:
                    raise Refused("void_refused", "Nothing is authorised.")
                payment.moved.add(key)
                voided = payment.facts.voided + payment.facts.uncaptured
                self.change(payment.reference, voided=voided, closed=True)
            return payment.facts

    def refund(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Give captured money back; `failing_refunds` of them are decided as failed."""
        with self.call("refund", key):
            payment = self._known(reference)
            if key not in payment.moved:
                if payment.facts.kept - sum(payment.asked) < money.amount:
                    raise Refused("refund_refused", "There is not that much to refund.")
                payment.moved.add(key)
                payment.asked.append(money.amount)
            self._decide(payment)
            return payment.facts

    def _decide(self, payment: FakePayment) -> None:
        """Refunds stay pending while `pending_refunds` says so."""
        while payment.asked and not self.pending_refunds:
            amount, facts = payment.asked.pop(0), payment.facts
            failed = self.failing_refunds > 0
            self.failing_refunds -= int(failed)
            lost = facts.refund_failed + (amount if failed else 0)
            self.change(payment.reference, refunded=facts.refunded + amount, refund_failed=lost)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> ProviderMessage:
        """A JSON body with id, reference and merchant_reference; signed when the header says so."""
        if headers.get("x-signature") != "valid":
            raise BadSignature("The message is not signed by the provider.")
        try:
            said = json.loads(body)
            return ProviderMessage(
                said["id"], said["kind"], said["merchant_reference"], said["reference"], said
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Refused("malformed", "The message makes no sense.") from error

    def _known(self, reference: str) -> FakePayment:
        if reference not in self.payments:
            raise Refused("payment_unknown", "There is no such payment.")
        return self.payments[reference]
