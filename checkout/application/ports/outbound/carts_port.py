"""Carts: who knows what the shopper chose and what it costs."""

from __future__ import annotations

from typing import Protocol

from checkout.domain.value_objects.cart_snapshot import CartSnapshot


class CartsPort(Protocol):
    """The shop's carts and prices.

    Promises of an adapter:

    * `transactional` is True only when the adapter writes through Django's default connection and
      talks to nothing else. Its calls then share one commit with the checkout's own rows: they are
      made inside a transaction, and checkout rolls back whatever a refused one wrote. So an adapter
      needs no savepoint; `@transaction.atomic(savepoint=False)` serves where others call it, too.
      A row that another worker may write at the same moment is written by insert-or-ignore, such
      as `bulk_create(…, ignore_conflicts=True)`, and looked at by the next statement: on PostgreSQL
      an IntegrityError would end the whole transaction.
    * Every call with a `key` is idempotent by it: the second call answers as the first and does
      nothing. Keys differ for every checkout, call and generation.
    * Amounts are integer minor units with an ISO 4217 code.
    * `Refused(code, message)` means no for good; `Unavailable` means no answer yet.
    """

    transactional: bool

    def snapshot(self, key: str, cart: str) -> CartSnapshot:
        """Price the cart now, completely: lines, discounts, charges, total, buyer, delivery.

        `cart` is the id that was given at the start. Raises Refused with `cart_not_found`,
        `cart_empty`, `cart_closed`, `price_unavailable` or `coupon_invalid`. Where amounts have
        changed, say `new`, and `old` where it is known, each as a dict of amount and currency.
        """
        ...

    def close(self, key: str, cart: str, snapshot: CartSnapshot) -> None:
        """Take no more changes to this cart, on behalf of `key`.

        Raises Refused(`cart_changed`) when the cart no longer is what the snapshot says, and
        Refused(`cart_closed`) when another key closed it.
        """
        ...

    def reopen(self, key: str, undoes: str, cart: str) -> None:
        """Give the cart back to the shopper: undo the `close` that had the key `undoes`.

        Before that close ever arrived: leaves a tombstone, and the late close is a no-op.
        A cart that was closed by another key stays closed.
        """
        ...
