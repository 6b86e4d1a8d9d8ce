"""Reading for the dashboard. Each query goes by an index and has an end, however much is stored.

What is live is counted up to COUNTED: nobody needs to know exactly how many more there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import (
    BulkRecovery,
    CheckoutEffect,
    CheckoutOutbox,
    CheckoutSession,
    HourlyTally,
    TallyCursor,
    WorkerHeartbeat,
)
from checkout.adapters.outbound.persistence.storage import storage
from checkout.domain.effect import Outcome
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.read_models.tally import CALL, ENDED, ENTERED, FIRST, Key

COUNTED = 1000
JUDGED = 200  # checkouts whose money is added up
WORKERS = 50
OPEN = [Outcome.INTENDED.value, Outcome.UNKNOWN.value]  # as the partial index says it
HOLDING = [
    CheckoutState.INVENTORY_RESERVED.value,
    CheckoutState.AWAITING_PAYMENT.value,
    CheckoutState.PAYMENT_CONFIRMED.value,
]


@dataclass(frozen=True)
class Longest:
    """The checkout that has been longest in the state that it is in."""

    id: UUID
    state: str
    since: datetime


@dataclass(frozen=True)
class Waiting:
    """How many of something wait, up to COUNTED, and since when the oldest does."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True)
class Live:
    """How things stand now. Counts end at COUNTED.

    `lapsing` holds end within the time that was asked about, `lapsed` ones have ended. `calls` are
    those without an answer by `port.method`, `sweeps` the workers with their last round, `bulk` the
    jobs of bulk recovery that have not ended, by phase.
    """

    unfinished: int
    longest: Longest | None
    attention: Mapping[str, int]
    lapsing: int
    lapsed: int
    unsent: Waiting
    calls: Mapping[str, Waiting]
    sweeps: Sequence[tuple[str, datetime]]
    bulk: Mapping[str, int]


class DashboardQueries:
    """A bounded number of queries, whatever is stored. Each method raises StorageUnavailable."""

    def live(self, now: datetime, lapse_within: timedelta) -> Live:
        """How things stand at `now`."""
        with storage():
            unfinished = CheckoutSession.objects.filter(finished_at__isnull=True)
            oldest = unfinished.order_by("entered_at").values_list("id", "state", "entered_at")
            lapsed, lapsing = _holds(unfinished, now, lapse_within)
            return Live(
                unfinished=unfinished.order_by("entered_at")[:COUNTED].count(),
                longest=next((Longest(*row) for row in oldest[:1]), None),
                attention=_attention(),
                lapsing=lapsing,
                lapsed=lapsed,
                unsent=_unsent(),
                calls=_open_calls(),
                sweeps=list(WorkerHeartbeat.objects.order_by("-at").values_list()[:WORKERS]),
                bulk=_bulk(),
            )

    def owed(self) -> Sequence[UUID]:
        """The newest JUDGED checkouts that are owed money, or wait for a void or refund."""
        with storage():
            unsettled = CheckoutSession.objects.filter(unsettled=True)
            newest = unsettled.order_by("-created_at", "-id").values_list("id", flat=True)
            return list(newest[:JUDGED])

    def sums(self, since: datetime) -> Mapping[Key, int]:
        """All counts of the hours from `since` on, added up; the hour of each key is `since`."""
        with storage():
            rows = HourlyTally.objects.filter(hour__gte=since)
            columns = ("kind", "name", "outcome", "bucket")
            found = rows.values_list(*columns).annotate(total=Sum("count")).order_by()
            return {Key(since, *row[:4]): row[4] for row in found}

    def by_hour(self, since: datetime) -> Mapping[Key, int]:
        """Hour by hour, what was started and what ended, by name; and calls, by what came of them."""
        rows = HourlyTally.objects.filter(hour__gte=since).order_by()
        moves = rows.filter(Q(kind=ENDED) | Q(kind=ENTERED, name=FIRST))
        with storage():
            moved = moves.values_list("hour", "kind", "name").annotate(total=Sum("count"))
            found = {Key(hour, kind, name): total for hour, kind, name, total in moved}
            calls = rows.filter(kind=CALL).values_list("hour", "outcome")
            for hour, outcome, total in calls.annotate(total=Sum("count")):
                found[Key(hour, CALL, "", outcome)] = total
            return found

    def counted_until(self) -> datetime | None:
        """Up to when all journals are counted; None when nobody has counted yet."""
        with storage():
            moments = list(TallyCursor.objects.values_list("complete_until", flat=True))
        known = [moment for moment in moments if moment is not None]
        return min(known) if known and len(known) == len(moments) else None


def _attention() -> Mapping[str, int]:
    rows = CheckoutSession.objects.exclude(needs_attention="").order_by("-created_at", "-id")
    return Counter(rows.values_list("needs_attention", flat=True)[:COUNTED])


def _holds(
    unfinished: QuerySet[CheckoutSession], now: datetime, within: timedelta
) -> tuple[int, int]:
    rows = unfinished.filter(state__in=HOLDING, held_until__lt=now + within).order_by("entered_at")
    ends = list(rows.values_list("held_until", flat=True)[:COUNTED])
    lapsed = sum(end is not None and end < now for end in ends)
    return lapsed, len(ends) - lapsed


def _unsent() -> Waiting:
    """In the order of the partial index, so that no planner thinks of reading the whole outbox."""
    rows = CheckoutOutbox.objects.filter(sent_at__isnull=True).order_by("checkout_id", "sequence")
    return _waiting(rows.values_list("at", flat=True)[:COUNTED])


def _open_calls() -> Mapping[str, Waiting]:
    """Tried, or about to be, without an answer: an answered refund that is theirs is none of them."""
    open_now = CheckoutEffect.objects.filter(outcome__in=OPEN)
    late = open_now.filter(intended_at__lt=database_now() - timedelta(seconds=30))
    rows = late.filter(answered_at__isnull=True).order_by("intended_at")
    found: dict[str, list[Any]] = {}
    for name, intended in rows.values_list("name", "intended_at")[:COUNTED]:
        found.setdefault(name.split(":", 1)[0], []).append(intended)
    return {name: _waiting(moments) for name, moments in sorted(found.items())}


def _bulk() -> Mapping[str, int]:
    jobs = BulkRecovery.objects.filter(finished_at__isnull=True).order_by("chosen_at")
    return Counter(jobs.values_list("phase", flat=True)[:COUNTED])


def _waiting(moments: Iterable[datetime | None]) -> Waiting:
    known = [moment for moment in moments if moment is not None]
    return Waiting(len(known), min(known, default=None))
