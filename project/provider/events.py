"""What a payment looks like to the merchant, and the events that report its changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from project.provider.conf import conf
from project.provider.models import Delivery, Event, Payment, new_event_id

AT_ONCE: tuple[float, ...] = (0.0,)
NEVER: tuple[float, ...] = ()
KEEP_TRYING = timedelta(days=1)


def payment_json(payment: Payment) -> dict[str, object]:
    """The payment object of the API and of every event. Amounts are minor units."""
    error = {"code": payment.error_code, "message": payment.error_message}
    return {
        "id": payment.pk,
        "reference": payment.reference,
        "status": payment.status,
        "amount": payment.amount,
        "currency": payment.currency,
        "digest": payment.digest,
        "hosted_url": f"{conf().base_url}/pay/{payment.pk}/",
        "hosted_path": f"{conf().base_path}/pay/{payment.pk}/",
        "facts": _facts(payment),
        "closed": payment.closed,
        "last_error": error if payment.error_code else None,
        "refunds": list(payment.refunds.values("id", "key", "amount", "status")),
    }


def _facts(payment: Payment) -> dict[str, int]:
    """Cumulative amounts. A pending refund is in none of them."""
    return {
        "authorised": payment.authorised,
        "captured": payment.captured,
        "refunded": payment.refunded,
        "refund_failed": payment.refund_failed,
        "voided": payment.voided,
    }


def record(payment: Payment, kind: str, after: Sequence[float] = AT_ONCE) -> Event:
    """Write an event of type `kind` and one delivery for each of `after`, in seconds from now.

    Call it in the transaction of the change. Its body is kept as text: a retry sends the same.
    """
    now = timezone.now()
    event_id = new_event_id()
    event = Event.objects.create(
        pk=event_id,
        payment=payment,
        type=kind,
        created_at=now,
        body=_body(event_id, kind, payment, now),
    )
    for seconds in after:
        schedule(event, seconds)
    return event


def schedule(event: Event, seconds: float) -> Delivery:
    """Send `event` in `seconds`, and again until it arrives or a day is over."""
    now = timezone.now()
    return Delivery.objects.create(
        event=event, due_at=now + timedelta(seconds=seconds), give_up_at=now + KEEP_TRYING
    )


def _body(event_id: str, kind: str, payment: Payment, now: datetime) -> str:
    """The JSON text of an event."""
    created = now.isoformat().replace("+00:00", "Z")
    content = {"id": event_id, "type": kind, "created": created, "data": payment_json(payment)}
    return json.dumps(content, separators=(",", ":"))
