"""Reading for the doctor: everything that is stored about a batch of checkouts, unjudged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

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
from checkout.domain.value_objects.checkout_id import CheckoutId, parse_checkout_id

WAITING = timedelta(seconds=60)
COUNTED = 100_000  # nobody needs to know exactly how many more there are
LOOKS = 3  # how often a checkout that moves while we read it is read again


@dataclass(frozen=True)
class StoredEvent:
    """An outbox row."""

    id: str
    sequence: int
    name: str
    data: dict[str, Any]
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
    (version, state, body), `payloads` are (row, payload) of every message.
    """

    id: CheckoutId
    state: str
    version: int
    definition_version: int
    digest: str
    nonce: str
    due_at: datetime | None
    lease_until: datetime | None
    attention: str
    unsettled: bool
    stamp: tuple[int, int, int]
    now: datetime
    checkout: Checkout | None = None
    unreadable: str = ""
    progress: tuple[int, str, dict[str, Any]] | None = None
    summary: dict[str, Any] | None = None
    events: list[StoredEvent] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    payloads: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def waits_long(self, at: datetime) -> bool:
        """Is it longer than a minute since then?"""
        return self.now - at > WAITING


class DoctorQueries:
    """Batches of dossiers, newest checkout first, by keyset; a few queries per batch.

    `moving` counts the checkouts that were left out because they moved all the time.
    """

    def __init__(self) -> None:
        self.moving = 0
        self._last: tuple[datetime, Any] | None = None

    def dossiers(self, most: int | None, size: int = 200) -> Iterator[list[Dossier]]:
        """Batches of the last `most` checkouts, or of all of them."""
        left = most
        while left is None or left > 0:
            with storage():
                rows = self._rest().values_list("id", "created_at")
                keys = list(rows[: size if left is None else min(size, left)])
            if not keys:
                return
            batch = self.of([CheckoutId(pk) for pk, _ in keys])
            self._last = (keys[-1][1], keys[-1][0])
            self.moving += len(keys) - len(batch)
            yield batch
            left = None if left is None else left - len(keys)

    def older(self) -> int:
        """How many checkouts are older than the last batch, counted up to 100,000."""
        with storage():
            return self._rest()[:COUNTED].count() if self._last else 0

    def _rest(self) -> QuerySet[CheckoutSession]:
        rows = CheckoutSession.objects.order_by("-created_at", "-id")
        if self._last is None:
            return rows
        at, pk = self._last
        return rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=pk))

    def resting(self, dossiers: Sequence[Dossier]) -> set[str]:
        """Those of them that have not moved since they were read, and that nobody drives now."""
        with storage():
            stamps = _stamps([d.id for d in dossiers]) if dossiers else {}
        driven = [d.id for d in dossiers if d.lease_until is not None and d.lease_until > d.now]
        still = [d for d in dossiers if stamps.get(d.id) == d.stamp and d.id not in driven]
        return {str(dossier.id) for dossier in still}

    def known(self, texts: Sequence[str]) -> set[str]:
        """Those of these texts that are the ids of checkouts."""
        ids = {text: _id(text) for text in texts}
        with storage():
            rows = CheckoutSession.objects.filter(pk__in=[pk for pk in ids.values() if pk])
            found = set(rows.values_list("pk", flat=True))
        return {text for text, pk in ids.items() if pk in found}

    def unsent_for(self, seconds: float) -> bool:
        """Does any event wait for longer?"""
        before = database_now() - timedelta(seconds=seconds)
        with storage():
            return CheckoutOutbox.objects.filter(sent_at__isnull=True, at__lt=before).exists()

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
        told = (str(event.event_id), event.sequence, event.name, event.data)
        dossiers[event.checkout_id].events.append(StoredEvent(*told, event.at, event.sent_at))
    for row in CheckoutInbox.objects.filter(checkout_id__in=ids).order_by("id"):
        if row.checkout_id is not None:
            dossiers[row.checkout_id].payloads.append((row.pk, row.payload))
            if row.applied_at is None:
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
        nonce=session.nonce,
        due_at=session.due_at,
        lease_until=session.lease_until,
        attention=session.needs_attention,
        unsettled=session.unsettled,
        stamp=(session.version, session.fence, session.wake),
        now=now,
    )
    try:
        found.checkout = to_checkout(session, effects, history)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        found.unreadable = f"{type(error).__name__}: {error}"
    return found


def _id(text: str) -> CheckoutId | None:
    try:
        return parse_checkout_id(text)
    except ValueError:
        return None


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
