"""cart_frozen: Prices, coupons and quantities are fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class CartFrozen:
    """Prices, coupons and quantities are fixed. `total` is in minor units of `currency`."""

    type: ClassVar[str] = "cart_frozen.v1"
    checkout_id: str
    cart: str
    digest: str
    currency: str
    total: int

    @classmethod
    def of(cls, checkout: Checkout) -> CartFrozen:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            cart=checkout.cart,
            digest=checkout.frozen.digest,
            currency=checkout.frozen.currency,
            total=checkout.total,
        )
