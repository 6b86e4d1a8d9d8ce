"""One Huey task per step: load, transition, save, write the rest, push, and enqueue the next."""

from __future__ import annotations

import json
import os
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F
from huey import RedisHuey

from tests.bench.saga import plain
from tests.bench.saga.naive.models import (
    CartLine,
    Checkout,
    Order,
    OrderLine,
    Outbox,
    Payment,
    Progress,
    Reservation,
    Stock,
)

huey = RedisHuey("naive", url=os.environ["REDIS_URL"], results=False)


@huey.task()
def run_step(number: int, checkout_id: str) -> None:
    """One step, durable; then the push, and the task of the next one."""
    with transaction.atomic():
        checkout = Checkout.objects.select_for_update().get(pk=checkout_id)
        STEPS[number](checkout)
        checkout.version += 1
        checkout.save()
        body = json.loads(plain.body(checkout.state))
        progress = Progress(
            checkout_id=checkout.id, version=checkout.version, state=checkout.state, body=body
        )
        progress.save(force_update=True)
        data = {"checkout": checkout_id, "state": checkout.state}
        Outbox.objects.create(
            checkout_id=checkout.id, sequence=number + 1, name=checkout.state, data=data
        )
    push(checkout_id, body)
    if number + 1 < len(STEPS):
        run_step(number + 1, checkout_id)


def push(checkout_id: str, body: dict[str, Any]) -> None:
    """To the open pages of this checkout."""
    send = async_to_sync(get_channel_layer().group_send)
    send(f"checkout.{checkout_id}", {"type": "progress.changed", "body": body})


def freeze_cart(checkout: Checkout) -> None:
    """Price the cart."""
    lines = CartLine.objects.filter(cart_id=checkout.cart_id).select_related("product")
    checkout.snapshot = [
        {
            "sku": line.product_id,
            "name": line.product.name,
            "quantity": line.quantity,
            "unit_price": line.product.price,
            "total": line.product.price * line.quantity,
        }
        for line in lines.order_by("product_id")
    ]
    checkout.total = sum(line["total"] for line in checkout.snapshot)
    checkout.freeze_cart()


def reserve_inventory(checkout: Checkout) -> None:
    """Take the stock."""
    for line in checkout.snapshot:
        enough = Stock.objects.filter(sku=line["sku"], on_hand__gte=line["quantity"])
        if not enough.update(on_hand=F("on_hand") - line["quantity"]):
            raise plain.WrongState("Sold out.")
    Reservation.objects.bulk_create(
        Reservation(checkout_id=checkout.id, sku=line["sku"], quantity=line["quantity"])
        for line in checkout.snapshot
    )
    checkout.reserve_inventory()


def initiate_payment(checkout: Checkout) -> None:
    """Begin the payment."""
    Payment.objects.create(checkout_id=checkout.id, amount=checkout.total, status="authorised")
    checkout.initiate_payment()


def confirm_payment(checkout: Checkout) -> None:
    """The money is there."""
    payment = Payment.objects.get(checkout_id=checkout.id)
    payment.status = "captured"
    payment.save()
    checkout.confirm_payment()


def finalize_order(checkout: Checkout) -> None:
    """Place the order."""
    order = Order.objects.create(checkout_id=checkout.id, total=checkout.total)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            sku=line["sku"],
            quantity=line["quantity"],
            unit_price=line["unit_price"],
            total=line["total"],
        )
        for line in checkout.snapshot
    )
    checkout.finalize_order()


STEPS = (freeze_cart, reserve_inventory, initiate_payment, confirm_payment, finalize_order)
