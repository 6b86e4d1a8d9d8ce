"""checkout_aborted: Final."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class CheckoutAborted:
    """Final: there is no order. `code` says why, as in the API's `failure.code`."""

    type: ClassVar[str] = "checkout_aborted.v1"
    checkout_id: str
    cart: str
    code: str
    message: str

    @classmethod
    def of(cls, checkout: Checkout) -> CheckoutAborted:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            cart=checkout.cart,
            code=checkout.failure.code if checkout.failure else "",
            message=checkout.failure.message if checkout.failure else "",
        )
