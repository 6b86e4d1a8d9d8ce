"""Orders: who turns a paid cart into an order."""

from __future__ import annotations

from typing import Protocol

from checkout.domain.value_objects.cart_snapshot import CartSnapshot


class OrdersPort(Protocol):
    """The shop's orders.

    Promises: idempotent by `key` (a unique column, so that one checkout never has two orders);
    `cancel` before `place` arrived leaves a tombstone that makes the late `place` a refusal;
    mails and other consequences happen after the commit and can never undo the order;
    `transactional` as in CartsPort.
    """

    transactional: bool

    def place(self, key: str, snapshot: CartSnapshot, payment: str) -> str:
        """Create the order exactly as the snapshot says and return its reference.

        Lines, discounts, charges and total are copied, never computed again. `payment` is the
        provider's reference, or empty when the total is zero.
        Raises Refused(`order_refused`, message) when the shop will not have this order.
        """
        ...

    def cancel(self, key: str, undoes: str, reason: str) -> None:
        """Cancel the order that was placed under the key `undoes`. `reason` is a failure code.

        Only ever called when the money could not be had after all.
        """
        ...
