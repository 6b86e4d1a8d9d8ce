"""The rows behind the session row: history, read models, inbox, outbox. Always inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, QuerySet

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSession,
    CheckoutSummary,
)
from checkout.adapters.outbound.persistence.rows import to_checkout
from checkout.application.ports.outbound.checkout_repository_port import (
    Change,
    InboxMessage,
    NewCheckout,
)
from checkout.domain.checkout import Checkout, Passage
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.read_models.checkout_progress import project
from checkout.read_models.checkout_summary import summarise
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
    passage = Passage("start_checkout", "", STARTED, actor, "", 1, now)
    history = _insert_history(new.id, [passage])
    data = {"checkout_id": str(new.id), "cart": new.cart}
    write_events(new.id, [("checkout_started", data)], 0, now)
    CheckoutProgress.objects.create(
        checkout_id=new.id,
        version=1,
        state=STARTED,
        body=project(to_checkout(session, [], history)),
        updated_at=now,
    )


def write_change(
    checkout: Checkout, change: Change, version: int, added: Iterable[Passage], now: datetime
) -> None:
    """Everything of a commit beside the session row, the effects and the events."""
    if change.applied:
        _mark_applied(change, now)
    if not change.visible:
        return
    _insert_history(checkout.id, added)
    CheckoutProgress.objects.filter(pk=checkout.id).update(
        version=version, state=checkout.state.value, body=dict(change.view), updated_at=now
    )
    summary = summarise(checkout)
    if summary is not None:
        CheckoutSummary.objects.bulk_create(
            [CheckoutSummary(checkout_id=checkout.id, body=summary)],
            update_conflicts=True,
            unique_fields=["checkout"],
            update_fields=["body"],
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
    parked = CheckoutInbox.objects.filter(checkout__isnull=True, reference=reference)
    if parked.update(checkout_id=checkout_id):
        wake(checkout_id)


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
        reference__in=wanted, checkout__definition_version__in=KNOWN_DEFINITIONS
    )
    pairs = list(known.values_list("checkout_id", "reference").distinct())
    for checkout_id, reference in pairs:
        adopt_parked(CheckoutId(checkout_id), reference)
    return len(pairs)


def _mark_applied(change: Change, now: datetime) -> None:
    for message, outcome in change.applied:
        CheckoutInbox.objects.filter(pk=message.row).update(applied_at=now, outcome=outcome)


def _insert_history(checkout_id: CheckoutId, passages: Iterable[Passage]) -> list[CheckoutHistory]:
    return CheckoutHistory.objects.bulk_create(
        CheckoutHistory(
            checkout_id=checkout_id,
            version=p.version,
            edge=p.edge,
            source=p.source,
            target=p.target,
            actor=p.actor,
            reason=p.reason[:500],
            at=p.at,
        )
        for p in passages
    )


def last_event(checkout: OuterRef) -> QuerySet[CheckoutOutbox, int]:
    """The number of the newest event of this checkout, as a subquery."""
    told = CheckoutOutbox.objects.filter(checkout_id=checkout).order_by("-sequence")
    return told.values_list("sequence", flat=True)[:1]


def write_events(
    checkout_id: CheckoutId,
    events: Iterable[tuple[str, Mapping[str, Any]]],
    last: int,
    now: datetime,
) -> None:
    """Number them on from the last one that was written; only the driver of a checkout does this."""
    CheckoutOutbox.objects.bulk_create(
        CheckoutOutbox(checkout_id=checkout_id, sequence=number, name=name, data=dict(data), at=now)
        for number, (name, data) in enumerate(events, start=last + 1)
    )
