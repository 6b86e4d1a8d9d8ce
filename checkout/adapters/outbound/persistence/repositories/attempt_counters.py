"""Counters of attempts in our own database: shared by all processes, exact under concurrency.

A cache would be faster and would not do: one per process counts too little, and Redis may be away
or come back empty. The database is needed for a start anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models import Case, F, Q, Value, When

from checkout.adapters.outbound.persistence.database_time import database_now, read_now
from checkout.adapters.outbound.persistence.models import AttemptCounter
from checkout.adapters.outbound.persistence.storage import one_transaction, storage

NOTE_DAYS = 30  # how long staff can see that a limit was reached


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts of `key` in `window` seconds; then none for `cool_down` seconds.

    `who` is kept as a note for staff when the limit is reached.
    """

    key: str
    most: int
    window: float
    cool_down: float
    who: str = ""


class LimitReached(Exception):
    """Not now: `seconds` until the next attempt may be made. `limit` is the one that says so."""

    def __init__(self, limit: Limit, seconds: float) -> None:
        super().__init__(limit.key)
        self.limit = limit
        self.seconds = seconds


class AttemptCounters:
    """Counts attempts. Each method is one short transaction; it raises StorageUnavailable."""

    def take(self, limits: Sequence[Limit]) -> None:
        """Count one attempt under all of these limits, or under none of them.

        Raises LimitReached, having noted it. Rule: a conditional UPDATE decides, so that of many
        requests at once no more get through than may.
        """
        try:
            with one_transaction():
                for limit in sorted(limits, key=lambda limit: limit.key):  # no deadlock
                    self._take(limit)
        except LimitReached as reached:
            self._note(reached.limit)
            raise

    def _take(self, limit: Limit) -> None:
        if self._counted(limit):
            return
        try:
            with one_transaction():
                now = database_now()
                AttemptCounter.objects.create(key=limit.key, count=1, began_at=now, last_at=now)
        except IntegrityError:
            if not self._counted(limit):  # else another process made the row in this very moment
                raise LimitReached(limit, self._left(limit)) from None

    def _counted(self, limit: Limit) -> int:
        now = database_now()
        cooled = Q(last_at__lte=now - timedelta(seconds=limit.cool_down))
        over = Q(began_at__lte=now - timedelta(seconds=limit.window))
        anew = Q(count__gte=limit.most) | over
        allowed = AttemptCounter.objects.filter(Q(count__lt=limit.most) | cooled, key=limit.key)
        return allowed.update(
            count=Case(When(anew, then=Value(1)), default=F("count") + 1),
            began_at=Case(When(anew, then=now), default=F("began_at")),
            last_at=now,
        )

    def _left(self, limit: Limit) -> float:
        with storage():
            row = AttemptCounter.objects.filter(key=limit.key, count__gte=limit.most).first()
            if row is None:
                return 0.0
            return limit.cool_down - (read_now() - row.last_at).total_seconds()

    def _note(self, limit: Limit) -> None:
        with storage():
            AttemptCounter.objects.filter(key=limit.key).update(
                refused=F("refused") + 1, refused_at=database_now(), who=limit.who
            )

    def forget(self, seconds: float, most: int) -> int:
        """Delete counters that nobody has used for so long, and notes of a month ago; how many."""
        now = database_now()
        quiet = Q(refused=0, last_at__lt=now - timedelta(seconds=seconds))
        old = Q(last_at__lt=now - timedelta(days=NOTE_DAYS))
        with one_transaction():
            rows: Any = AttemptCounter.objects.filter(quiet | old).order_by("last_at")
            keys = list(rows.values_list("key", flat=True)[:most])
            return AttemptCounter.objects.filter(key__in=keys).delete()[0]
