"""The events of a checkout by name, and the CloudEvents 1.0 envelope they travel in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from checkout.domain.checkout import Checkout
from checkout.events.cart_frozen import CartFrozen
from checkout.events.checkout_aborted import CheckoutAborted
from checkout.events.checkout_completed import CheckoutCompleted
from checkout.events.checkout_started import CheckoutStarted
from checkout.events.inventory_released import InventoryReleased
from checkout.events.inventory_reserved import InventoryReserved
from checkout.events.link_requested import LinkRequested
from checkout.events.payment_confirmed import PaymentConfirmed
from checkout.events.payment_failed import PaymentFailed
from checkout.events.payment_in_doubt import PaymentInDoubt
from checkout.events.payment_initiated import PaymentInitiated
from checkout.events.payment_refunded import PaymentRefunded

EVENTS: dict[str, Any] = {
    "cart_frozen": CartFrozen,
    "checkout_aborted": CheckoutAborted,
    "checkout_completed": CheckoutCompleted,
    "checkout_started": CheckoutStarted,
    "inventory_released": InventoryReleased,
    "inventory_reserved": InventoryReserved,
    "link_requested": LinkRequested,
    "payment_confirmed": PaymentConfirmed,
    "payment_failed": PaymentFailed,
    "payment_in_doubt": PaymentInDoubt,
    "payment_initiated": PaymentInitiated,
    "payment_refunded": PaymentRefunded,
}


def event_data(name: str, checkout: Checkout) -> dict[str, Any]:
    """The data of the named event for this checkout: plain JSON values."""
    event = EVENTS[name].of(checkout)
    return {field: getattr(event, field) for field in event.__slots__}


def envelope(
    event_id: str, name: str, data: Mapping[str, Any], sequence: int, at: datetime
) -> dict[str, Any]:
    """A CloudEvents 1.0 envelope. Rule: one source per checkout, so that `sequence` orders it."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/checkouts/{data['checkout_id']}",
        "type": EVENTS[name].type,
        "subject": data["checkout_id"],
        "time": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": f"{sequence:010d}",
        "data": dict(data),
    }
