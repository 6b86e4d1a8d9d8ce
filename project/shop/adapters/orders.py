"""The orders port over the shop's own tables."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from project.shop import sql
from project.shop.carts import owner_of
from project.shop.models import Order

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
PLACE = """
    INSERT INTO shop_order (number, key, owner, email, buyer, delivery, discounts, charges, total,
        currency, digest, payment, status, reason, placed_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'placed', '', {now})
    ON CONFLICT DO NOTHING
"""
# Only if it is this order that was placed: nobody else has its number.
LINES = """
    WITH line (sku, name, quantity, unit_price, total) AS (VALUES {many})
    INSERT INTO shop_orderline (order_id, sku, name, quantity, unit_price, total)
    SELECT placed.id, line.sku, line.name, line.quantity, line.unit_price, line.total
    FROM shop_order AS placed CROSS JOIN line
    WHERE placed.number = %s AND placed.key = %s
"""


class ShopOrders:
    """Copies the frozen cart into an order. The unique key allows one order per checkout."""

    transactional = True

    @transaction.atomic(savepoint=False)
    def place(self, key: str, snapshot: CartSnapshot, payment: str) -> str:
        """Create the order and return its number; see `OrdersPort.place`."""
        number = _number()
        lines = [(n.sku, n.name, n.quantity, n.unit_price, n.total) for n in snapshot.lines]
        many = sql.places(len(lines), 5)
        placed, _ = sql.together(
            sql.statement(PLACE, number, key, owner_of(key), *_said(snapshot), payment),
            sql.statement(LINES, *sql.flat(lines), number, key, many=many),
        )
        return number if placed.count else self._placed_before(key, snapshot, payment)

    def _placed_before(self, key: str, snapshot: CartSnapshot, payment: str) -> str:
        order = Order.objects.filter(key=key).only("number", "status", "digest").first()
        if order is None:
            return self.place(key, snapshot, payment)  # another order has that number
        if order.status != Order.PLACED or order.number is None:
            raise Refused("order_refused", "This order was cancelled.")
        if order.digest != snapshot.digest:
            raise Refused("order_refused", "This order was placed with other contents.")
        return order.number

    @transaction.atomic(savepoint=False)
    def cancel(self, key: str, undoes: str, reason: str) -> None:
        """Cancel the order, or leave a tombstone; see `OrdersPort.cancel`."""
        cancelled = {"status": Order.CANCELLED, "reason": reason, "cancelled_at": Now()}
        order, _ = Order.objects.get_or_create(
            key=undoes, defaults={**cancelled, "owner": owner_of(undoes)}
        )
        Order.objects.filter(pk=order.pk, status=Order.PLACED).update(**cancelled)


def _said(snapshot: CartSnapshot) -> Iterator[Any]:
    """What the frozen cart says, in the order of `PLACE`: from the e-mail to the digest."""
    yield snapshot.buyer.get("email", "")
    said = snapshot.to_json()
    for name in ("buyer", "delivery", "discounts", "charges"):
        yield json.dumps(said[name])
    yield from (snapshot.total, snapshot.currency, snapshot.digest)


def _number() -> str:
    """A number that is easy to read out and says nothing about how many orders there are."""
    return "HP-" + "".join(secrets.choice(ALPHABET) for _ in range(8))
