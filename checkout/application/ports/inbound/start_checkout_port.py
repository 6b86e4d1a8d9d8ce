"""Starting: what "Place order" asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from checkout.domain.value_objects.checkout_id import CheckoutId


@dataclass(frozen=True, slots=True)
class StartCheckout:
    """Start a checkout of a cart that the caller has already been proven to own.

    `owner_id` is the random id in the browser's session data, empty for API callers; `actor` is
    `shopper` or `user:7`; `return_url` is where the provider sends the shopper back to, with
    `{id}` in the place of the checkout's id; `address_hash` is where it comes from, empty when
    nobody counts that.
    """

    cart: str
    owner_id: str = ""
    user_id: int | None = None
    return_url: str = ""
    idempotency_key: str = ""
    actor: str = "shopper"
    address_hash: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """The checkout, new or already live, and its bearer token (shown once per start, never stored)."""

    id: CheckoutId
    token: str
    created: bool


class StartCheckoutPort(Protocol):
    """The use case start_checkout."""

    def start(self, command: StartCheckout) -> Started:
        """Store the checkout and ring. A cart has one live checkout: a second start returns it.

        Raises Refused(`idempotency_key_reused`) when the key came with something else before.
        """
        ...
