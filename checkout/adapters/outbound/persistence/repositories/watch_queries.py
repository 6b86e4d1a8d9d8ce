"""Reading for the periodic rounds, a batch at a time; and what they tidy up in the inbox."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

from django.db.models import Max, Q

from checkout.adapters.outbound.persistence.database_time import database_now, read_now
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutSession,
)
from checkout.adapters.outbound.persistence.repositories import writes
from checkout.adapters.outbound.persistence.rows import to_checkout
from checkout.adapters.outbound.persistence.storage import one_transaction, storage
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Outcome
from checkout.sagas.checkout_saga import KNOWN_DEFINITIONS

log = logging.getLogger("checkout.watch")
OPEN = [Outcome.INTENDED.value, Outcome.UNKNOWN.value]  # as the partial index says it
# Ids are given before the commit: a row that shows later than its elders is waited for.
SHOWS_WITHIN = timedelta(seconds=10)


class WatchQueries:
    """WatchPort on Django's ORM."""

    def waiting(self, seconds: float, cursor: str, most: int) -> tuple[Sequence[Checkout], str]:
        """Not at their end, or with an open payment call, for longer than `seconds`."""
        before = database_now() - timedelta(seconds=seconds)
        with storage():
            live = CheckoutSession.objects.filter(finished_at__isnull=True, entered_at__lt=before)
            called = CheckoutEffect.objects.filter(
                outcome__in=OPEN, name__startswith="payments.", intended_at__lt=before
            )
            if cursor:
                live, called = live.filter(id__gt=cursor), called.filter(checkout_id__gt=cursor)
            found = set(live.order_by("id").values_list("id", flat=True)[:most])
            ids = called.order_by("checkout_id").values_list("checkout_id", flat=True)
            found |= set(ids.distinct()[:most])
        chosen = sorted(found)[:most]
        return self.read(chosen), _next(chosen, most)

    def ended_since(self, cursor: int | None, most: int) -> tuple[Sequence[Checkout], int]:
        """Final ones with a visible change after `cursor`, and the next cursor; None: from now on."""
        with storage():
            if cursor is None:
                return [], CheckoutHistory.objects.aggregate(last=Max("pk"))["last"] or 0
            rows = CheckoutHistory.objects.filter(pk__gt=cursor).order_by("pk")
            found = list(rows.values_list("pk", "checkout_id", "at")[:most])
        shown = read_now() - SHOWS_WITHIN
        changed = list(takewhile(lambda row: row[2] < shown, found))
        ids = list(dict.fromkeys(pk for _, pk, _ in changed))
        return self.read(ids, finished_at__isnull=False), changed[-1][0] if changed else cursor

    def ended_after(self, cursor: str, most: int) -> tuple[Sequence[Checkout], str]:
        """Final ones in the order of their ids, and the next cursor."""
        with storage():
            rows = CheckoutSession.objects.order_by("id")
            if cursor:
                rows = rows.filter(id__gt=cursor)
            ids = list(rows.values_list("id", flat=True)[:most])
        return self.read(ids, finished_at__isnull=False), _next(ids, most)

    def read(self, ids: Sequence[UUID], calls: Sequence[str] = (), **only: Any) -> list[Checkout]:
        """Rows and journals, or these calls of them, without the history.

        A row that makes no sense is the doctor's.
        """
        with storage():
            sessions = CheckoutSession.objects.filter(
                pk__in=ids, definition_version__in=KNOWN_DEFINITIONS, **only
            )
            rows = CheckoutEffect.objects.filter(checkout_id__in=ids).order_by("id")
            effects: dict[UUID, list[CheckoutEffect]] = {}
            for effect in rows.filter(name__in=calls) if calls else rows:
                effects.setdefault(effect.checkout_id, []).append(effect)
            return [c for s in sessions if (c := _checkout(s, effects.get(s.pk, ()))) is not None]

    def adopt_parked(self, cursor: int, most: int) -> int:
        """Give parked messages to checkouts whose reference has appeared; the next cursor, or 0."""
        parked = CheckoutInbox.objects.filter(checkout__isnull=True).exclude(reference="")
        with one_transaction():
            rows = parked.filter(pk__gt=cursor).order_by("pk").values_list("pk", "reference")
            batch = list(rows[:most])
            writes.adopt_references([reference for _, reference in batch])
        return batch[-1][0] if len(batch) == most else 0

    def forget(self, days: int, most: int) -> int:
        """Delete provider messages older than that, unless their checkout goes on; how many."""
        before = database_now() - timedelta(days=days)
        applied = Q(applied_at__isnull=False, checkout__finished_at__isnull=False)
        with one_transaction():
            old = CheckoutInbox.objects.filter(source__startswith="provider:")
            old = old.filter(applied | Q(checkout__isnull=True), received_at__lt=before)
            ids = list(old.order_by("received_at").values_list("pk", flat=True)[:most])
            deleted, _ = CheckoutInbox.objects.filter(pk__in=ids).delete()
        return deleted


def _checkout(session: CheckoutSession, effects: Iterable[CheckoutEffect]) -> Checkout | None:
    try:
        return to_checkout(session, effects, [])
    except (LookupError, TypeError, ValueError, AttributeError):
        log.warning("checkout %s: its row cannot be read", session.pk)
        return None


def _next(ids: Sequence[UUID], most: int) -> str:
    return str(ids[-1]) if len(ids) == most else ""
