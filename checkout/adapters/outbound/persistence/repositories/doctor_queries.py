"""Reading for the doctor: everything that is stored about a batch of checkouts, unjudged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from checkout.adapters.outbound.persistence.database_time import database_now, read_now
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
from checkout.adapters.outbound.persistence.storage import storage
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId

LOOKS = 3  # how often a checkout that moves while we read it is read again


@dataclass(frozen=True)
class StoredEvent:
    """An outbox row."""

    sequence: int
    name: str
    at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class Waiting:
    """An inbox row that nobody has applied yet."""

    kind: str
    actor: str
    received_at: datetime


@dataclass
class Dossier:
    """One checkout with all that is stored about it.

    `checkout` is None, and `unreadable` says why, when its rows make no sense. `progress` is
    (version, state, body).
    """

    id: CheckoutId
    state: str
    version: int
    definition_version: int
    digest: str
    due_at: datetime | None
    lease_until: datetime | None
    attention: str
    stamp: tuple[int, int, int]
    now: datetime
    checkout: Checkout | None = None
    unreadable: str = ""
    progress: tuple[int, str, dict[str, Any]] | None = None
    summary: dict[str, Any] | None = None
    events: list[StoredEvent] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)


class DoctorQueries:
    """Batches of dossiers, newest checkout first, by keyset; a few queries per batch."""

    def dossiers(self, most: int | None, size: int = 200) -> Iterator[list[Dossier]]:
        """Batches of the last `most` checkouts, or of all of them."""
        last: tuple[datetime, Any] | None = None
        left = most
        while left is None or left > 0:
            keys = self._keys(last, size if left is None else min(size, left))
            if not keys:
                return
            yield self.of([CheckoutId(pk) for pk, _ in keys])
            last = (keys[-1][1], keys[-1][0])
            left = None if left is None else left - len(keys)

    def _keys(self, last: tuple[datetime, Any] | None, size: int) -> list[tuple[Any, datetime]]:
        rows = CheckoutSession.objects.order_by("-created_at", "-id")
        if last is not None:
            at, pk = last
            rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=pk))
        with storage():
            return list(rows.values_list("id", "created_at")[:size])

    def of(self, ids: Sequence[CheckoutId]) -> list[Dossier]:
        """The dossiers of these checkouts. One that moves all the time is left out."""
        done: list[Dossier] = []
        left = list(ids)
        with storage():
            for _ in range(LOOKS):
                read = _read(left)
                stamps = _stamps(left)
                done += [d for d in read if stamps.get(d.id) == d.stamp]
                left = [d.id for d in read if d.id in stamps and stamps[d.id] != d.stamp]
                if not left:
                    break
        return done

    def overdue(self, seconds: float, limit: int = 1000) -> list[tuple[CheckoutId, str, datetime]]:
        """(id, state, due since) of rows that are overdue and that nobody drives."""
        now = database_now()
        with storage():
            rows = CheckoutSession.objects.filter(
                Q(lease_until__isnull=True) | Q(lease_until__lt=now),
                due_at__lt=now - timedelta(seconds=seconds),
            ).order_by("due_at")
            found = rows.values_list("id", "state", "due_at")[:limit]
            return [(CheckoutId(pk), state, due) for pk, state, due in found if due]

    def attention(self, limit: int = 1000) -> list[tuple[CheckoutId, str]]:
        """(id, why) of checkouts that ask for staff."""
        with storage():
            rows = CheckoutSession.objects.exclude(needs_attention="").order_by("created_at")
            found = rows.values_list("id", "needs_attention")[:limit]
            return [(CheckoutId(pk), why) for pk, why in found]

    def parked(self, seconds: float, limit: int = 1000) -> list[tuple[str, str, datetime]]:
        """(source, reference, received) of messages that no checkout has claimed for so long."""
        before = database_now() - timedelta(seconds=seconds)
        with storage():
            rows = CheckoutInbox.objects.filter(checkout__isnull=True, applied_at__isnull=True)
            old = rows.filter(received_at__lt=before).order_by("id")
            return list(old.values_list("source", "reference", "received_at")[:limit])


def _read(ids: Sequence[CheckoutId]) -> list[Dossier]:
    now = read_now()
    sessions = list(CheckoutSession.objects.filter(pk__in=ids))
    effects = _by_checkout(CheckoutEffect.objects.filter(checkout_id__in=ids).order_by("id"))
    history = _by_checkout(CheckoutHistory.objects.filter(checkout_id__in=ids).order_by("version"))
    dossiers = {s.pk: _dossier(s, effects[s.pk], history[s.pk], now) for s in sessions}
    for shown in CheckoutProgress.objects.filter(pk__in=ids):
        dossiers[shown.pk].progress = (shown.version, shown.state, shown.body)
    for receipt in CheckoutSummary.objects.filter(pk__in=ids):
        dossiers[receipt.pk].summary = receipt.body
    for event in CheckoutOutbox.objects.filter(checkout_id__in=ids).order_by("sequence"):
        stored = StoredEvent(event.sequence, event.name, event.at, event.sent_at)
        dossiers[event.checkout_id].events.append(stored)
    for row in CheckoutInbox.objects.filter(checkout_id__in=ids, applied_at__isnull=True):
        if row.checkout_id is not None:
            waiting = Waiting(row.kind, row.actor, row.received_at)
            dossiers[row.checkout_id].waiting.append(waiting)
    return sorted(dossiers.values(), key=lambda d: ids.index(d.id))


def _dossier(
    session: CheckoutSession,
    effects: Iterable[CheckoutEffect],
    history: Iterable[CheckoutHistory],
    now: datetime,
) -> Dossier:
    found = Dossier(
        id=CheckoutId(session.pk),
        state=session.state,
        version=session.version,
        definition_version=session.definition_version,
        digest=session.snapshot_digest,
        due_at=session.due_at,
        lease_until=session.lease_until,
        attention=session.needs_attention,
        stamp=(session.version, session.fence, session.wake),
        now=now,
    )
    try:
        found.checkout = to_checkout(session, effects, history)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        found.unreadable = f"{type(error).__name__}: {error}"
    return found


def _stamps(ids: Sequence[CheckoutId]) -> dict[Any, tuple[int, int, int]]:
    rows = CheckoutSession.objects.filter(pk__in=ids)
    return {
        pk: (version, fence, wake)
        for pk, version, fence, wake in rows.values_list("id", "version", "fence", "wake")
    }


def _by_checkout(rows: Iterable[Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.checkout_id].append(row)
    return found
