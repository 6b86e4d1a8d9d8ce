"""The states of a checkout. The names are the ones of the flow table, everywhere."""

from __future__ import annotations

from enum import StrEnum


class CheckoutState(StrEnum):
    """Where a checkout stands. Why it failed is data (`failure.code`), never a state."""

    STARTED = "started"  # the cart is being frozen
    CART_FROZEN = "cart_frozen"  # stock is being reserved
    INVENTORY_RESERVED = "inventory_reserved"  # the payment is being created
    AWAITING_PAYMENT = "awaiting_payment"  # the shopper pays, or does not
    PAYMENT_CONFIRMED = "payment_confirmed"  # the money is safe; the order is being placed
    ABORTING = "aborting"  # what was begun is being undone
    COMPLETED = "completed"  # final: there is an order
    ABORTED = "aborted"  # final: there is none, and nothing is held

    @property
    def is_final(self) -> bool:
        """True for the two states that never change again."""
        return self in FINAL_STATES


FINAL_STATES = (CheckoutState.COMPLETED, CheckoutState.ABORTED)
FORWARD_STATES = (
    CheckoutState.STARTED,
    CheckoutState.CART_FROZEN,
    CheckoutState.INVENTORY_RESERVED,
    CheckoutState.AWAITING_PAYMENT,
    CheckoutState.PAYMENT_CONFIRMED,
)
