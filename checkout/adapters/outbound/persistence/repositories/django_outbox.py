"""The outbox: one event after another per checkout, each handed over under a short lease."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from checkout.adapters.outbound.persistence.database_time import database_now, now_sql
from checkout.adapters.outbound.persistence.models import CheckoutOutbox
from checkout.adapters.outbound.persistence.statements import Answer, Statement, among, table
from checkout.adapters.outbound.persistence.storage import storage
from checkout.adapters.outbound.persistence.trips import send
from checkout.application.ports.outbound.checkout_repository_port import (
    EVENT_LEASE_SECONDS,
    MOST_EVENTS,
    LeasedEvents,
)
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.events.envelope import envelope
from checkout.sagas.checkout_saga import KNOWN_DEFINITIONS

# The lease of the oldest decides, and what follows it is read with it. Who waits for another's
# lease sees that it is taken: PostgreSQL judges the row anew, by the conditions on the row itself.
_LEASE_AND_READ = """
WITH leased AS (
    UPDATE checkout_checkoutoutbox SET lease_until = {until}
    WHERE sent_at IS NULL AND (lease_until IS NULL OR lease_until < {now})
      AND id = (
        SELECT event.id FROM checkout_checkoutoutbox event
        JOIN checkout_checkoutsession checkout ON checkout.id = event.checkout_id
        WHERE event.checkout_id = %s AND event.sent_at IS NULL
          AND checkout.definition_version IN ({known})
        ORDER BY event.sequence LIMIT 1
      )
    RETURNING id
)
SELECT {columns} FROM checkout_checkoutoutbox
WHERE checkout_id = %s AND sent_at IS NULL AND EXISTS (SELECT FROM leased)
ORDER BY sequence LIMIT %s
"""


def leases_in_one_statement() -> bool:
    """Not on SQLite, which changes nothing inside a SELECT."""
    return connection.vendor == "postgresql"


def leasing(
    checkout_id: CheckoutId, seconds: float = EVENT_LEASE_SECONDS, most: int = MOST_EVENTS
) -> Statement:
    """Leases the oldest unsent event, and reads it with what follows it."""
    now, until = now_sql(), now_sql(timedelta(seconds=seconds))
    values = (*until.values, *now.values, checkout_id, checkout_id, most)
    return Statement(_lease_and_read(until.sql, now.sql, tuple(KNOWN_DEFINITIONS)), values)


@cache
def _lease_and_read(until: str, now: str, definitions: tuple[int, ...]) -> str:
    known, columns = ", ".join(map(str, definitions)), table(CheckoutOutbox).columns
    return _LEASE_AND_READ.format(until=until, now=now, known=known, columns=columns)


def rows_of(answer: Answer) -> list[CheckoutOutbox]:
    """What `leasing` has leased."""
    return [table(CheckoutOutbox).row(each) for each in answer.rows]


class DjangoOutbox:
    """OutboxPort on Django's ORM."""

    def lease_oldest(self, checkout_id: CheckoutId, seconds: float, most: int) -> LeasedEvents:
        """Lease the oldest unsent event of one checkout; it and at most `most - 1` that follow it.

        Rule: the lease of the oldest stands for all that follow it, so nobody else sends any of
        them. What a foreign definition has to tell is left to those who know its words.
        """
        if leases_in_one_statement():
            (answer,) = send([leasing(checkout_id, seconds, most)])
            return self.taken(rows_of(answer))
        with storage():
            return self.taken(self._read_and_lease(checkout_id, timedelta(seconds=seconds), most))

    def taken(self, events: Sequence[CheckoutOutbox]) -> LeasedEvents:
        """The envelopes of rows that were leased."""
        return [
            (row.pk, envelope(str(row.event_id), row.name, row.data, row.sequence, row.at))
            for row in events
        ]

    def _read_and_lease(
        self, checkout_id: CheckoutId, lease: timedelta, most: int
    ) -> list[CheckoutOutbox]:
        """The same in two statements: SQLite changes nothing inside a SELECT."""
        now = database_now()
        unsent = CheckoutOutbox.objects.filter(checkout_id=checkout_id, sent_at__isnull=True)
        known = unsent.filter(checkout__definition_version__in=KNOWN_DEFINITIONS)
        rows = list(known.order_by("sequence")[:most])
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        oldest = unsent.filter(free, pk__in=[row.pk for row in rows[:1]])
        return rows if rows and oldest.update(lease_until=now + lease) else []

    def mark_sent(self, rows: Sequence[int]) -> None:
        """The receiver has them. Whoever says so late does not change when they were sent."""
        if rows:
            now = (
                now_sql()
            )  # a condition on `sent_at` would be looked up in the index of what waits
            first = Statement(f"COALESCE(sent_at, {now.sql})", now.values)
            sent = {"sent_at": first, "lease_until": None}
            send([table(CheckoutOutbox).update(sent, among("id", rows))])

    def give_up_lease(self, row: int, seconds: float) -> None:
        """It could not be handed over; try again after so many seconds."""
        with storage():
            CheckoutOutbox.objects.filter(pk=row, sent_at__isnull=True).update(
                lease_until=database_now() + timedelta(seconds=seconds)
            )

    def unsent(self, limit: int, overdue: float = 0.0) -> Iterable[CheckoutId]:
        """Checkouts whose oldest unsent event nobody is sending, the longest waiting first.

        An event that is younger than `overdue` seconds is left to whoever has just written it.
        Rule: one event per checkout counts, so that some that can't be handed over hide no others.
        """
        now = database_now()
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        with storage():
            waiting = CheckoutOutbox.objects.filter(sent_at__isnull=True)
            before = waiting.filter(
                checkout=OuterRef("checkout"), sequence__lt=OuterRef("sequence")
            )
            known = waiting.filter(checkout__definition_version__in=KNOWN_DEFINITIONS)
            if overdue:
                known = known.filter(at__lt=now - timedelta(seconds=overdue))
            rows = known.filter(free, ~Exists(before)).order_by("id")
            found = rows.values_list("checkout_id", flat=True)[:limit]
            return [CheckoutId(pk) for pk in found]
