"""payment_in_doubt: For a while nobody has known whether the shopper has paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class PaymentInDoubt:
    """For `CHECKOUT["DOUBT_AFTER"]` seconds nobody has known whether the shopper has paid.

    Told once per checkout. What follows is told by the events of its end.
    """

    type: ClassVar[str] = "payment_in_doubt.v1"
    checkout_id: str
    cart: str
    amount: int
    currency: str

    @classmethod
    def of(cls, checkout: Checkout) -> PaymentInDoubt:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            cart=checkout.cart,
            amount=checkout.total,
            currency=checkout.currency,
        )
