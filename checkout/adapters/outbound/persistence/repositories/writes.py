"""New checkouts, the inbox, and what wakes a checkout. Always inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutInbox,
    CheckoutProgress,
    CheckoutSession,
)
from checkout.adapters.outbound.persistence.repositories import changes
from checkout.adapters.outbound.persistence.rows import to_checkout
from checkout.adapters.outbound.persistence.statements import table
from checkout.adapters.outbound.persistence.trips import send
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage, NewCheckout
from checkout.domain.checkout import Passage
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.read_models.checkout_progress import project
from checkout.sagas.checkout_saga import KNOWN_DEFINITIONS

STARTED = CheckoutState.STARTED.value


def insert_checkout(new: NewCheckout, actor: str, now: datetime) -> None:
    """Session, first history row, first event and progress of a new checkout.

    Raises IntegrityError when the cart has a live checkout.
    """
    session = CheckoutSession.objects.create(
        id=new.id,
        cart=new.cart,
        nonce=new.nonce,
        owner_hash=new.owner_hash,
        token_hash=new.token_hash,
        user_id=new.user_id,
        return_url=new.return_url,
        idempotency_key=new.idempotency_key,
        address_hash=new.address_hash,
        created_at=now,
        entered_at=now,
        due_at=database_now(),  # as a claim compares it, to the last digit
    )
    checkout = to_checkout(session, [], [])
    checkout.history = [Passage("start_checkout", "", STARTED, actor, "", 1, now)]
    data = {"checkout_id": str(new.id), "cart": new.cart}
    progress = {"version": 1, "state": STARTED, "body": project(checkout), "updated_at": now}
    send(
        [
            changes.history(new.id, checkout.history),
            changes.events(new.id, [("checkout_started", data)], 0, now),
            table(CheckoutProgress).insert([{"checkout_id": new.id, **progress}]),
        ]
    )


def insert_message(checkout_id: CheckoutId | None, message: InboxMessage) -> None:
    """Raises IntegrityError when this message was stored before."""
    CheckoutInbox.objects.create(
        checkout_id=checkout_id,
        source=message.source,
        message_id=message.message_id,
        kind=message.kind,
        actor=message.actor,
        reference=message.reference,
        payload=dict(message.payload),
        received_at=database_now(),
    )


def wake(checkout_id: CheckoutId) -> None:
    """Make a checkout due now, without a lease: whoever drives it will see that `wake` moved."""
    CheckoutSession.objects.filter(pk=checkout_id).update(wake=F("wake") + 1, due_at=database_now())


def set_aside(checkout_id: CheckoutId) -> None:
    """A row that cannot be read: not looked at for a minute, and shown to staff."""
    CheckoutSession.objects.filter(pk=checkout_id).update(
        attempt=F("attempt") + 1,
        lease_until=None,
        due_at=database_now() + timedelta(minutes=1),
        needs_attention="unreadable",
    )


def adopt_parked(checkout_id: CheckoutId, reference: str) -> None:
    """Messages that came before their reference was known now have a checkout."""
    send(list(changes.adopted(checkout_id, reference)))


def adopt_known_references(most: int = 200) -> int:
    """The same for what was parked last: a message may have come between two commits.

    A periodic round does it for all that is parked, so that what nobody ever claims is in no one's way.
    """
    parked = CheckoutInbox.objects.filter(checkout__isnull=True).exclude(reference="")
    return adopt_references(parked.order_by("-id").values_list("reference", flat=True)[:most])


def adopt_references(references: Iterable[str]) -> int:
    """Give the messages with these references to their checkouts, where there is one; how many."""
    wanted = set(references)
    if not wanted:
        return 0
    known = CheckoutEffect.objects.filter(
        ~Q(reference=""),  # as the index says it
        reference__in=wanted,
        checkout__definition_version__in=KNOWN_DEFINITIONS,
    )
    pairs = list(known.values_list("checkout_id", "reference").distinct())
    for checkout_id, reference in pairs:
        adopt_parked(CheckoutId(checkout_id), reference)
    return len(pairs)
