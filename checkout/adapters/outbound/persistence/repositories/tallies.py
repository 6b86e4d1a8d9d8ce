"""Counting the journals for the dashboard: every row once, in batches, some seconds behind.

Rows are read by their number from a cursor. The counts and the cursor are written in one
transaction that first moves the cursor under a condition: a batch that is interrupted is counted
again from its beginning, and one that two workers count at once is written by one of them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, Model

from checkout.adapters.outbound.persistence.database_time import database_now, read_now
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutSession,
    HourlyTally,
    TallyCursor,
)
from checkout.adapters.outbound.persistence.storage import one_transaction, storage
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.read_models.tally import Called, Key, Passed, count_calls, count_passages

AT_ONCE = 500
KEPT = timedelta(days=35)
COLUMNS = ("hour", "kind", "name", "outcome", "bucket")


@dataclass(frozen=True)
class _Journal:
    """A table that is counted.

    Numbers are given before the commit. `ripe_after` is how long ago a number must have been seen
    until all rows before it are there, and, of calls, have had their time to be answered.
    """

    name: str
    rows: type[Model]
    ripe_after: timedelta


HISTORY = _Journal("history", CheckoutHistory, timedelta(seconds=10))
CALLS = _Journal("effects", CheckoutEffect, timedelta(seconds=30))


class Tallies:
    """Hourly counts of the journals. Each method raises StorageUnavailable."""

    def count(self, seconds: float) -> None:
        """Count what is ripe, for about so long; the next round goes on from there."""
        end = time.monotonic() + seconds
        for journal in (HISTORY, CALLS):
            while self._count_batch(journal) and time.monotonic() < end:
                continue

    def forget(self, most: int) -> int:
        """Delete the hours that nobody looks at any more; how many rows."""
        with storage():
            old = HourlyTally.objects.filter(hour__lt=database_now() - KEPT).order_by("hour")
            ids = list(old.values_list("pk", flat=True)[:most])
            return HourlyTally.objects.filter(pk__in=ids).delete()[0] if ids else 0

    def _count_batch(self, journal: _Journal) -> bool:
        """Count some rows up to the horizon; False when there is nothing more that is ripe."""
        with storage():
            now = read_now()
            start = {"seen_at": now}
            cursor, _ = TallyCursor.objects.get_or_create(name=journal.name, defaults=start)
            if cursor.position == cursor.horizon:
                _look_ahead(journal, cursor, now)
                return False
            if now < cursor.seen_at + journal.ripe_after:
                return False
            upto = _end_of_batch(journal, cursor)
            counts = _count(journal, cursor.position, upto)
        kept = {key: n for key, n in counts.items() if key.hour >= now - KEPT}
        with one_transaction():
            if _moved(cursor, position=upto, **_complete(cursor, upto)):
                _add(kept)
        return True


def _look_ahead(journal: _Journal, cursor: TallyCursor, now: datetime) -> None:
    """Everything is counted: remember the newest row, and when it was seen."""
    newest = journal.rows._default_manager.aggregate(row=Max("pk"))["row"] or 0
    seen: dict[str, Any] = {"horizon": max(newest, cursor.position), "seen_at": now}
    if newest <= cursor.position:
        seen["complete_until"] = now
    _moved(cursor, **seen)


def _end_of_batch(journal: _Journal, cursor: TallyCursor) -> int:
    rows = journal.rows._default_manager.filter(pk__gt=cursor.position, pk__lte=cursor.horizon)
    numbers = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    return int(numbers[-1]) if len(numbers) == AT_ONCE else int(cursor.horizon)


def _complete(cursor: TallyCursor, upto: int) -> dict[str, datetime]:
    return {"complete_until": cursor.seen_at} if upto == cursor.horizon else {}


def _moved(cursor: TallyCursor, **columns: Any) -> bool:
    """Move the cursor, unless somebody else has moved it since it was read."""
    mine = TallyCursor.objects.filter(
        name=cursor.name,
        position=cursor.position,
        horizon=cursor.horizon,
        seen_at=cursor.seen_at,
    )
    return bool(mine.update(**columns))


def _count(journal: _Journal, after: int, upto: int) -> Counter[Key]:
    return _calls(after, upto) if journal is CALLS else _passages(after, upto)


def _passages(after: int, upto: int) -> Counter[Key]:
    batch = CheckoutHistory.objects.filter(pk__gt=after, pk__lte=upto).order_by("pk")
    ids = list(set(batch.values_list("checkout_id", flat=True)))
    stories = CheckoutHistory.objects.filter(checkout_id__in=ids).order_by("checkout_id", "version")
    rows = stories.values_list("pk", "checkout_id", "source", "target", "at")
    return count_passages((Passed(*row) for row in rows), after, upto, _failures(ids))


def _failures(ids: list[UUID]) -> Mapping[UUID, str]:
    """The codes of those of them that were aborted."""
    aborted = CheckoutSession.objects.filter(pk__in=ids, state=CheckoutState.ABORTED.value)
    found = aborted.values_list("pk", "failure")
    return {pk: str((failure or {}).get("code", "")) for pk, failure in found}


def _calls(after: int, upto: int) -> Counter[Key]:
    rows = CheckoutEffect.objects.filter(pk__gt=after, pk__lte=upto)
    found = rows.values_list("name", "outcome", "tries", "intended_at", "answered_at")
    return count_calls(
        Called(name, outcome, tries, intended_at, answered_at is not None)
        for name, outcome, tries, intended_at, answered_at in found
        if intended_at is not None
    )


def _add(counts: Mapping[Key, int]) -> None:
    """Rule: only inside the transaction that has moved the cursor: others wait for it there."""
    hours = {key.hour for key in counts}
    stored = HourlyTally.objects.filter(hour__in=hours).values_list(*COLUMNS, "count")
    before = {Key(*row[:5]): row[5] for row in stored}
    HourlyTally.objects.bulk_create(
        [HourlyTally(**key._asdict(), count=before.get(key, 0) + n) for key, n in counts.items()],
        update_conflicts=True,
        unique_fields=COLUMNS,
        update_fields=["count"],
    )
