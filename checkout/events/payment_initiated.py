"""payment_initiated: The shopper can pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class PaymentInitiated:
    """The shopper can pay. `attempt` counts from 1, `amount` is in minor units."""

    type: ClassVar[str] = "payment_initiated.v1"
    checkout_id: str
    attempt: int
    amount: int
    currency: str

    @classmethod
    def of(cls, checkout: Checkout) -> PaymentInitiated:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            attempt=checkout.generation,
            amount=checkout.total,
            currency=checkout.frozen.currency,
        )
