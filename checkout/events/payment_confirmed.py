"""payment_confirmed: The provider confirmed the full amount, in minor units; the order follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class PaymentConfirmed:
    """The provider confirmed the full amount, in minor units; the order follows."""

    type: ClassVar[str] = "payment_confirmed.v1"
    checkout_id: str
    attempt: int
    amount: int
    currency: str

    @classmethod
    def of(cls, checkout: Checkout) -> PaymentConfirmed:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            attempt=checkout.generation,
            amount=checkout.payment.facts.paid,
            currency=checkout.frozen.currency,
        )
