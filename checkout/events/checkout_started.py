"""checkout_started: Somebody pressed "Place order"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class CheckoutStarted:
    """Somebody pressed "Place order": a checkout of this cart is on its way."""

    type: ClassVar[str] = "checkout_started.v1"
    checkout_id: str
    cart: str

    @classmethod
    def of(cls, checkout: Checkout) -> CheckoutStarted:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            cart=checkout.cart,
        )
