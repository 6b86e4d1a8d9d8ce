"""Neighbours for a rehearsal: they note what they are asked, say yes to all of it, and do nothing.

What is known of a payment is what the provider said last. From there its facts grow as it promises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from checkout.application.port_call import Ports
from checkout.application.ports.outbound.payments_port import PaymentInitiated, ProviderMessage
from checkout.domain.checkout import Checkout
from checkout.domain.exceptions import Refused, Unavailable
from checkout.domain.value_objects.cart_snapshot import CartSnapshot, SnapshotLine
from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts

NOT_YET = "(not yet)"  # a reference that only the real neighbour can give
Note = Callable[[str, int], None]  # a port call, and the money that it moves in minor units


class RehearsedCarts:
    """Cannot know a cart that is not frozen: a rehearsal ends there."""

    transactional = False

    def __init__(self, note: Note) -> None:
        self.note = note

    def snapshot(self, key: str, cart: str) -> CartSnapshot:
        """Raises Unavailable."""
        self.note("carts.snapshot", 0)
        raise Unavailable("What is in the cart is only known when it is frozen.")

    def close(self, key: str, cart: str, snapshot: CartSnapshot) -> None:
        """Noted."""
        self.note("carts.close", 0)

    def reopen(self, key: str, undoes: str, cart: str) -> None:
        """Noted."""
        self.note("carts.reopen", 0)


class RehearsedCoupons:
    """Every code is good."""

    transactional = False

    def __init__(self, note: Note) -> None:
        self.note = note

    def claim(self, key: str, codes: Sequence[str], buyer: str) -> None:
        """Noted."""
        self.note("coupons.claim", 0)

    def redeem(self, key: str, claim: str, order: str) -> None:
        """Noted."""
        self.note("coupons.redeem", 0)

    def release(self, key: str, undoes: str) -> None:
        """Noted."""
        self.note("coupons.release", 0)


class RehearsedInventory:
    """There is enough of everything."""

    transactional = False

    def __init__(self, note: Note) -> None:
        self.note = note

    def reserve(self, key: str, lines: Sequence[SnapshotLine], until: datetime) -> None:
        """Noted."""
        self.note("inventory.reserve", 0)

    def extend(self, key: str, reservation: str, until: datetime) -> None:
        """Noted."""
        self.note("inventory.extend", 0)

    def commit(self, key: str, reservation: str) -> None:
        """Noted."""
        self.note("inventory.commit", 0)

    def release(self, key: str, undoes: str) -> None:
        """Noted."""
        self.note("inventory.release", 0)


class RehearsedOrders:
    """Every order is welcome."""

    transactional = False

    def __init__(self, note: Note) -> None:
        self.note = note

    def place(self, key: str, snapshot: CartSnapshot, payment: str) -> str:
        """Noted."""
        self.note("orders.place", 0)
        return NOT_YET

    def cancel(self, key: str, undoes: str, reason: str) -> None:
        """Noted."""
        self.note("orders.cancel", 0)


class RehearsedPayments:
    """What the provider said last, and what it would say after each further call."""

    transactional = False

    def __init__(self, note: Note, checkout: Checkout) -> None:
        self.note = note
        self.facts = {a.reference: a.facts for a in checkout.payments.values()}

    def _known(self, reference: str) -> PaymentFacts:
        return self.facts.get(reference, PaymentFacts())

    def _learn(self, reference: str, facts: PaymentFacts) -> PaymentFacts:
        self.facts[reference] = facts
        return facts

    def initiate(self, key: str, money: Money, digest: str, return_url: str) -> PaymentInitiated:
        """A new payment that nobody has paid."""
        self.note("payments.initiate", money.amount)
        facts = self._learn(NOT_YET, PaymentFacts(currency=money.currency, digest=digest))
        return PaymentInitiated(NOT_YET, {"type": "redirect", "url": ""}, facts)

    def lookup(self, key: str, reference: str) -> PaymentFacts:
        """Nothing new."""
        self.note("payments.lookup", 0)
        return self._known(reference)

    def close(self, key: str, reference: str) -> PaymentFacts:
        """Closed at once."""
        self.note("payments.close", 0)
        return self._learn(reference, replace(self._known(reference), closed=True))

    def capture(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Captured in full."""
        self.note("payments.capture", money.amount)
        return self._learn(reference, replace(self._known(reference), captured=money.amount))

    def void(self, key: str, reference: str) -> PaymentFacts:
        """All that was authorised and not captured is let go."""
        known = self._known(reference)
        self.note("payments.void", known.uncaptured)
        return self._learn(reference, replace(known, voided=known.voided + known.uncaptured))

    def refund(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Confirmed at once."""
        self.note("payments.refund", money.amount)
        known = self._known(reference)
        return self._learn(reference, replace(known, refunded=known.refunded + money.amount))

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> ProviderMessage:
        """Nobody sends messages to a rehearsal. Raises Refused."""
        raise Refused("malformed", "A rehearsal hears no messages.")


def rehearsed(checkout: Checkout, note: Note) -> Ports:
    """All of them, for this checkout."""
    return Ports(
        RehearsedCarts(note),
        RehearsedCoupons(note),
        RehearsedInventory(note),
        RehearsedOrders(note),
        RehearsedPayments(note, checkout),
    )
