"""The guards, each of them taken off: what the exploration must miss when it is gone."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import CheckoutOutbox
from checkout.adapters.outbound.persistence.repositories.django_checkout_repository import (
    DjangoCheckoutRepository,
)
from checkout.adapters.outbound.persistence.repositories.django_outbox import DjangoOutbox
from checkout.adapters.outbound.persistence.repositories.readings import reading
from checkout.adapters.outbound.persistence.statements import Statement
from checkout.adapters.outbound.persistence.trips import send
from checkout.application.ports.outbound.checkout_repository_port import Lease, LeasedEvents
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.events.envelope import envelope
from tests.interleavings.actors import pause


class NoLease(DjangoCheckoutRepository):
    """Whoever comes gets the checkout."""

    def _free(self, ahead: timedelta = timedelta(0)) -> Statement:
        return Statement("1 = 1")


class NoFence(DjangoCheckoutRepository):
    """Whoever was late writes all the same."""

    def _mine(self, lease: Lease) -> Statement:
        return Statement("1 = 1")


class NoWake(DjangoCheckoutRepository):
    """What was planned is written, whatever came meanwhile."""

    def _due_at(self, lease: Lease, planned: Statement) -> Statement:
        return planned


class ClaimInTwo(DjangoCheckoutRepository):
    """What is read for a lease is read after its transaction."""

    def claim(self, checkout_id: CheckoutId, seconds: float) -> Lease | None:
        """Take the lease, and only then begin to read."""
        (taken,) = send([self._take(checkout_id, seconds)])
        answers = []
        for each in reading(checkout_id):
            pause("reading")  # each by itself, so that others come in between on SQLite, too
            answers += send([each])
        return self._lease(checkout_id, answers) if taken.count else None


class NoOrder(DjangoOutbox):
    """An event is handed over although the one before it is still under way."""

    def lease_oldest(self, checkout_id: CheckoutId, seconds: float, most: int) -> LeasedEvents:
        """Lease the oldest event that nobody has leased."""
        now = database_now()
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        waiting = CheckoutOutbox.objects.filter(free, checkout=checkout_id, sent_at=None)
        row = waiting.order_by("sequence").first()
        if row is None or not waiting.filter(pk=row.pk).update(
            lease_until=now + timedelta(seconds=seconds)
        ):
            return []
        return [(row.pk, envelope(str(row.event_id), row.name, row.data, row.sequence, row.at))]
