"""The orders port over the shop's own tables."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from project.shop.carts import owner_of
from project.shop.models import Order, OrderLine

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class ShopOrders:
    """Copies the frozen cart into an order. The unique key allows one order per checkout."""

    transactional = True

    @transaction.atomic(savepoint=False)
    def place(self, key: str, snapshot: CartSnapshot, payment: str) -> str:
        """Create the order and return its number; see `OrdersPort.place`."""
        ours = Order(key=key, **_fields(key, snapshot, payment))
        Order.objects.bulk_create([ours], ignore_conflicts=True)
        order = Order.objects.filter(key=key).only("number", "status", "digest").first()
        if order is None:
            return self.place(key, snapshot, payment)  # another order has that number
        if order.number == ours.number:
            OrderLine.objects.bulk_create(
                OrderLine(order=order, **asdict(line)) for line in snapshot.lines
            )
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


def _fields(key: str, snapshot: CartSnapshot, payment: str) -> dict[str, Any]:
    return {
        "number": _number(),
        "owner": owner_of(key),
        "email": snapshot.buyer.get("email", ""),
        "buyer": snapshot.buyer,
        "delivery": snapshot.delivery,
        "discounts": [asdict(discount) for discount in snapshot.discounts],
        "charges": [asdict(charge) for charge in snapshot.charges],
        "total": snapshot.total,
        "currency": snapshot.currency,
        "digest": snapshot.digest,
        "payment": payment,
    }


def _number() -> str:
    """A number that is easy to read out and says nothing about how many orders there are."""
    return "HP-" + "".join(secrets.choice(ALPHABET) for _ in range(8))
