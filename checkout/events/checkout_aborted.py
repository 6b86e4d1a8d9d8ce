"""checkout_aborted: Final."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class CheckoutAborted:
    """Final: there is no order. `code` says why, as in the API's `failure.code`.

    In minor units of `currency`: `charged` is what was taken in all, `returned` what of it has been
    given back (the rest is on its way: `payment_refunded` tells), and `held` what is authorised and
    is being let go.
    """

    type: ClassVar[str] = "checkout_aborted.v1"
    checkout_id: str
    cart: str
    code: str
    message: str
    charged: int
    returned: int
    held: int
    currency: str

    @classmethod
    def of(cls, checkout: Checkout) -> CheckoutAborted:
        """What this event says about the checkout as it is now."""
        came = [attempt.facts for attempt in checkout.payments.values()]
        return cls(
            checkout_id=str(checkout.id),
            cart=checkout.cart,
            code=checkout.failure.code if checkout.failure else "",
            message=checkout.failure.message if checkout.failure else "",
            charged=sum(facts.captured for facts in came),
            returned=sum(facts.returned for facts in came),
            held=sum(facts.uncaptured for facts in came),
            currency=checkout.currency,
        )
