"""The outbox: one event after another per checkout, each handed over under a short lease."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import CheckoutOutbox
from checkout.adapters.outbound.persistence.storage import storage
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.events.envelope import envelope
from checkout.sagas.checkout_saga import KNOWN_DEFINITIONS


class DjangoOutbox:
    """OutboxPort on Django's ORM."""

    def lease_next(
        self, checkout_id: CheckoutId, seconds: float
    ) -> tuple[int, Mapping[str, Any]] | None:
        """Lease the oldest unsent event of one checkout; None when there is none or it is leased.

        Rule: only the oldest may be leased, so the next waits until it is marked sent. What a
        foreign definition has to tell is left to those who know its words.
        """
        now = database_now()
        with storage():
            unsent = CheckoutOutbox.objects.filter(checkout_id=checkout_id, sent_at__isnull=True)
            known = unsent.filter(checkout__definition_version__in=KNOWN_DEFINITIONS)
            row = known.order_by("sequence").first()
            if row is None:
                return None
            free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
            mine = unsent.filter(free, pk=row.pk)
            if not mine.update(lease_until=now + timedelta(seconds=seconds)):
                return None
        event = envelope(str(row.event_id), row.name, row.data, row.sequence, row.at)
        return row.pk, event

    def mark_sent(self, row: int) -> None:
        """The receiver has it. Whoever says so late does not change when it was sent."""
        with storage():
            unsent = CheckoutOutbox.objects.filter(pk=row, sent_at__isnull=True)
            unsent.update(sent_at=database_now(), lease_until=None)

    def give_up_lease(self, row: int, seconds: float) -> None:
        """It could not be handed over; try again after so many seconds."""
        with storage():
            CheckoutOutbox.objects.filter(pk=row, sent_at__isnull=True).update(
                lease_until=database_now() + timedelta(seconds=seconds)
            )

    def unsent(self, limit: int) -> Iterable[CheckoutId]:
        """Checkouts whose oldest unsent event nobody is sending, the longest waiting first.

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
            rows = known.filter(free, ~Exists(before)).order_by("id")
            found = rows.values_list("checkout_id", flat=True)[:limit]
            return [CheckoutId(pk) for pk in found]
