"""Telling the merchant: claim a delivery, send it signed (Standard Webhooks), note what came of it.

`send` touches no table and `claim` and `note` touch no network, so no transaction is ever open
while the merchant takes its time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx2
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from project.provider.conf import conf
from project.provider.models import Delivery

TIMEOUT_SECONDS = 5.0
LEASE = timedelta(seconds=3 * TIMEOUT_SECONDS)
PAUSES = (1, 2, 5, 15, 60, 300, 900, 3600)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery: ours alone until `lease_until`."""

    delivery: int
    lease_until: datetime
    event: str
    body: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the merchant answered; `arrived` for a 2xx."""

    arrived: bool
    answer: str


def new_client() -> httpx2.Client:
    """A client that follows no redirects and knows no proxies."""
    return httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)


def waiting() -> QuerySet[Delivery]:
    """Deliveries that nobody is sending now and that may still arrive."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    return Delivery.objects.filter(free, delivered_at=None, given_up=False)


def claim(delivery_id: int) -> Parcel | None:
    """Take a delivery for a while; None when someone else has it or it is done."""
    lease = timezone.now() + LEASE
    if not waiting().filter(pk=delivery_id).update(lease_until=lease):
        return None
    delivery = Delivery.objects.select_related("event").get(pk=delivery_id)
    return Parcel(delivery_id, lease, delivery.event_id, delivery.event.body)


def send(client: httpx2.Client, parcel: Parcel) -> Receipt:
    """POST it to the merchant. Never raises for anything that the network does."""
    body = parcel.body.encode()
    headers = {"Content-Type": "application/json", **signature_headers(parcel.event, body)}
    try:
        answer = client.post(conf().webhook_url, content=body, headers=headers)
    except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
        return Receipt(False, f"{type(problem).__name__}: {problem}"[:200])
    return Receipt(answer.is_success, f"HTTP {answer.status_code}")


def note(parcel: Parcel, receipt: Receipt) -> None:
    """Keep what came of it: done, or when to try again, or given up after a day."""
    ours = Delivery.objects.filter(pk=parcel.delivery, lease_until=parcel.lease_until)
    now = timezone.now()
    if receipt.arrived:
        ours.update(
            delivered_at=now, lease_until=None, tries=F("tries") + 1, last_answer=receipt.answer
        )
        return
    delivery = ours.first()
    if delivery is None:
        return
    due_at = now + timedelta(seconds=PAUSES[min(delivery.tries, len(PAUSES) - 1)])
    ours.update(
        due_at=due_at,
        given_up=due_at > delivery.give_up_at,
        lease_until=None,
        tries=F("tries") + 1,
        last_answer=receipt.answer,
    )


def send_now(delivery_ids: tuple[int, ...]) -> None:
    """Send these before anything else, in the caller's thread. The loop repeats what fails."""
    if not delivery_ids:
        return
    with new_client() as client:
        for delivery_id in delivery_ids:
            parcel = claim(delivery_id)
            if parcel is not None:
                note(parcel, send(client, parcel))


def signature_headers(event_id: str, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks 1.0, with the time of this attempt."""
    stamp = str(int(timezone.now().timestamp()))
    signed = b".".join((event_id.encode(), stamp.encode(), body))
    digest = hmac.new(_secret(conf().webhook_secret), signed, hashlib.sha256).digest()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _secret(text: str) -> bytes:
    """The key: base64 after `whsec_` as the standard has it, otherwise the text itself."""
    if text.startswith("whsec_"):
        return base64.b64decode(text.removeprefix("whsec_"))
    return text.encode()
