"""payment_refunded: The provider confirmed money as given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class PaymentRefunded:
    """The provider confirmed money as given back. Amounts are in minor units, over all attempts."""

    type: ClassVar[str] = "payment_refunded.v1"
    checkout_id: str
    cart: str
    refunded: int
    captured: int
    currency: str

    @classmethod
    def of(cls, checkout: Checkout) -> PaymentRefunded:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            cart=checkout.cart,
            refunded=sum(a.facts.returned for a in checkout.payments.values()),
            captured=sum(a.facts.captured for a in checkout.payments.values()),
            currency=checkout.currency,
        )
