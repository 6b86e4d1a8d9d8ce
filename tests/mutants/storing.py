"""Seeded bugs in what is stored and when: repository, inbox and outbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from django.db.models import Value

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import CheckoutOutbox, CheckoutSession
from checkout.adapters.outbound.persistence.repositories.django_checkout_repository import (
    DjangoCheckoutRepository,
)
from checkout.adapters.outbound.persistence.repositories.django_outbox import DjangoOutbox
from checkout.adapters.outbound.persistence.statements import Statement
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.outbound.checkout_repository_port import (
    Change,
    InboxMessage,
    Lease,
    LeasedEvents,
)
from checkout.application.use_cases.submit_command import CommandDesk
from checkout.domain.value_objects.checkout_id import CheckoutId


class NoFence(DjangoCheckoutRepository):
    """Whoever comes last writes, whatever happened since it looked."""

    def commit(self, lease: Lease, change: Change) -> None:
        self._pretend(lease)
        super().commit(lease, change)

    @contextmanager
    def unit(self, lease: Lease) -> Iterator[None]:
        self._pretend(lease)
        with super().unit(lease):
            yield

    def _pretend(self, lease: Lease) -> None:
        row = CheckoutSession.objects.get(pk=lease.checkout.id)
        lease.fence, lease.checkout.version = row.fence, row.version


class NoSweep(DjangoCheckoutRepository):
    """Nobody looks for what everybody forgot."""

    def due(self, overdue: float, limit: int) -> Iterable[CheckoutId]:
        return []


class LeaseForADay(DjangoCheckoutRepository):
    """Whoever dies keeps the checkout for a day."""

    def claim(self, checkout_id: CheckoutId, seconds: float) -> Lease | None:
        return super().claim(checkout_id, 86_400)


class EarlyMessageIgnored(DjangoCheckoutRepository):
    """A message for a reference that we don't know yet is acknowledged and thrown away."""

    def receive(self, checkout_id: CheckoutId | None, message: InboxMessage) -> bool:
        return checkout_id is None or super().receive(checkout_id, message)


class InboxTakesTwice(DjangoCheckoutRepository):
    """A message that comes again is a new message."""

    def receive(self, checkout_id: CheckoutId | None, message: InboxMessage) -> bool:
        return super().receive(checkout_id, replace(message, message_id=uuid4().hex))


class StaleReadModel(DjangoCheckoutRepository):
    """A transition does not write what shoppers are shown."""

    def commit(self, lease: Lease, change: Change) -> None:
        view = lease.view if change.edges != ("record",) else change.view
        super().commit(lease, replace(change, view=view))


class HistoryOnlyOfEdges(DjangoCheckoutRepository):
    """A visible change within a state leaves the version as it was."""

    def commit(self, lease: Lease, change: Change) -> None:
        within = change.edges == ("record",)
        super().commit(lease, replace(change, edges=()) if within else change)


class SentBeforePublished(DjangoOutbox):
    """An event counts as sent as soon as somebody takes it to send it."""

    def taken(self, events: Sequence[CheckoutOutbox]) -> LeasedEvents:
        self.mark_sent([row.pk for row in events])
        return super().taken(events)


class NewestEventFirst(DjangoOutbox):
    """Events are handed over in the wrong order."""

    def taken(self, events: Sequence[CheckoutOutbox]) -> LeasedEvents:
        return super().taken(events)[::-1]


class NoRelay(DjangoOutbox):
    """Only the task that follows a change hands its events over; nobody comes back for the rest."""

    def unsent(self, limit: int, overdue: float = 0.0) -> Iterable[CheckoutId]:
        return []

    def give_up_lease(self, row: int, seconds: float) -> None:
        self.mark_sent([row])

    def taken(self, events: Sequence[CheckoutOutbox]) -> LeasedEvents:
        for row in events:
            super().give_up_lease(row.pk, 86_400)
        return super().taken(events)


class EventIdPerTry(DjangoOutbox):
    """An event that is handed over again has another id."""

    def taken(self, events: Sequence[CheckoutOutbox]) -> LeasedEvents:
        return [(row, {**event, "id": uuid4().hex}) for row, event in super().taken(events)]


class UnfencedStaffWrite(CommandDesk):
    """A command writes the state itself instead of leaving a message."""

    def submit(self, command: Command) -> None:
        if command.kind not in ("abort", "force"):
            super().submit(command)
            return
        CheckoutSession.objects.filter(pk=command.checkout_id).update(
            state=Value("aborting"), due_at=database_now()
        )


class SkewedClock(DjangoCheckoutRepository):
    """Leases are judged by a clock of the worker's own, which is a minute ahead."""

    def _free(self, ahead: timedelta = timedelta(0)) -> Statement:
        return super()._free(ahead + timedelta(minutes=1))
