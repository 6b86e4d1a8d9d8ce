"""checkout_completed: there is a paid order. Contract: contracts/events/checkout_completed.v1.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class CheckoutCompleted:
    """Final: the order exists and the money is there. Amounts are in minor units of `currency`.

    `lines`, `discounts` and `charges` are the frozen ones, bound by `digest`.
    """

    type: ClassVar[str] = "checkout_completed.v1"
    checkout_id: str
    cart: str
    order: str
    currency: str
    total: int
    captured: int
    payment: str
    digest: str
    lines: list[dict[str, Any]]
    discounts: list[dict[str, Any]]
    charges: list[dict[str, Any]]
    completed_at: str

    @classmethod
    def of(cls, checkout: Checkout) -> CheckoutCompleted:
        """What this event says about the checkout as it is now."""
        snapshot = checkout.frozen.to_json()
        finished = checkout.finished_at or checkout.entered_at
        return cls(
            checkout_id=str(checkout.id),
            cart=checkout.cart,
            order=checkout.order,
            currency=checkout.frozen.currency,
            total=checkout.total,
            captured=sum(a.facts.captured for a in checkout.payments.values()),
            payment=checkout.payment.reference,
            digest=checkout.frozen.digest,
            lines=snapshot["lines"],
            discounts=snapshot["discounts"],
            charges=snapshot["charges"],
            completed_at=finished.isoformat(),
        )
