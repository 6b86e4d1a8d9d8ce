"""Payments: who moves the money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts


@dataclass(frozen=True, slots=True)
class PaymentInitiated:
    """A payment exists at the provider.

    `reference` is the provider's id. `action` is what the shopper must do:
    `{"type": "redirect", "url": …}` or `{"type": "nothing"}`. A url may be relative to the site.
    """

    reference: str
    action: dict[str, str]
    facts: PaymentFacts = field(default_factory=PaymentFacts)


@dataclass(frozen=True, slots=True)
class ProviderMessage:
    """A provider's webhook, verified and understood just enough to be stored.

    `id` is the provider's event id, `merchant_reference` our key if the provider sends it back.
    """

    id: str
    kind: str
    merchant_reference: str
    reference: str
    payload: dict[str, object]


class PaymentsPort(Protocol):
    """A payment provider.

    Promises: every moving call is idempotent by `key`, which is passed on to the provider. A key
    counts for ever: where the provider forgets it after a day or so, look for what was done first. A
    timeout, a dropped answer and a 5xx raise Unavailable (the outcome is unknown, never assumed);
    only a definite no raises Refused. Money is integer minor units. Facts are cumulative.
    """

    transactional: bool

    def initiate(self, key: str, money: Money, digest: str, return_url: str) -> PaymentInitiated:
        """Create the payment with `key` as merchant reference. Never charges by itself.

        `digest` is the snapshot's and is given back in the facts. The shopper returns to `return_url`.
        Raises Refused(`payment_refused`, message).
        """
        ...

    def lookup(self, key: str, reference: str) -> PaymentFacts:
        """What is true now. `key` is the one of `initiate`, for a payment whose reference is empty.

        A payment that was never created has no facts at all: the answer is `PaymentFacts()`.
        """
        ...

    def close(self, key: str, reference: str) -> PaymentFacts:
        """No further payment is possible after this; moves no money. Answers the facts.

        Facts that are neither closed nor paid in full mean: not yet, ask again.
        """
        ...

    def capture(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Take the authorised money. Raises Refused(`capture_refused`, message)."""
        ...

    def void(self, key: str, reference: str) -> PaymentFacts:
        """Let go of money that is authorised and not captured. Raises Refused when it cannot be."""
        ...

    def refund(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Ask for captured money to be given back. It counts only when the facts say so.

        Any answer means that they will decide: it is not asked for again, only looked at. Repeating it
        with the same key asks for nothing more. Raises Refused when it cannot be.
        """
        ...

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> ProviderMessage:
        """Verify the signature over the raw body, then read it. Header names are lower case.

        Raises BadSignature, or Refused(`malformed`, message) for a signed body that makes no sense.
        """
        ...
