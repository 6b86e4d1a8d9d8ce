"""Which events become mails: `CHECKOUT["EVENT_CONSUMERS"]` names `hear`.

An event is kept under its id and nothing else is done here, so that no mail server can hold up the
events of a checkout, and an event that comes twice is one mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from project.shop.models import Mail

KINDS = {
    "checkout_completed.v1": Mail.CONFIRMED,
    "checkout_aborted.v1": Mail.ABORTED,
    "payment_refunded.v1": Mail.REFUNDED,
    "payment_in_doubt.v1": Mail.DOUBT,
    "link_requested.v1": Mail.LINK,
}


def hear(event: Mapping[str, Any]) -> None:
    """Keep the mail that this event asks for; see `EventConsumer`."""
    kind = KINDS.get(event["type"])
    if kind is None:
        return
    mail = Mail(
        event=UUID(event["id"]),
        kind=kind,
        checkout=event["subject"],
        data=event["data"],
        happened_at=datetime.fromisoformat(event["time"]),
    )
    Mail.objects.bulk_create([mail], ignore_conflicts=True)
