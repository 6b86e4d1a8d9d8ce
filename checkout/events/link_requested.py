"""link_requested: The shopper wants a link to the checkout by mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class LinkRequested:
    """The shopper wants a link to the checkout by mail, for another device or for later.

    `state` is that of the checkout when it was asked for. The shop signs the link: `ResumeLink`.
    """

    type: ClassVar[str] = "link_requested.v1"
    checkout_id: str
    cart: str
    state: str

    @classmethod
    def of(cls, checkout: Checkout) -> LinkRequested:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            cart=checkout.cart,
            state=checkout.state.value,
        )
