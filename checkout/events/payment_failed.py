"""payment_failed: There will be no money for this checkout; `code` is the failure's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """There will be no money for this checkout; `code` is the failure's."""

    type: ClassVar[str] = "payment_failed.v1"
    checkout_id: str
    code: str
    attempt: int

    @classmethod
    def of(cls, checkout: Checkout) -> PaymentFailed:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            code=checkout.failure.code if checkout.failure else "",
            attempt=checkout.generation,
        )
