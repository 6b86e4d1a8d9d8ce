"""Seeded bugs in what is stored and when: repository, inbox and outbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db.models import Q, Value

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import CheckoutOutbox, CheckoutSession
from checkout.adapters.outbound.persistence.repositories.django_checkout_repository import (
    DjangoCheckoutRepository,
)
from checkout.adapters.outbound.persistence.repositories.django_outbox import DjangoOutbox
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.outbound.checkout_repository_port import (
    Change,
    InboxMessage,
    Lease,
)
from checkout.application.use_cases.submit_command import CommandDesk
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.events.envelope import envelope


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
        view = lease.view if change.edge != "record" else change.view
        super().commit(lease, replace(change, view=view))


class HistoryOnlyOfEdges(DjangoCheckoutRepository):
    """A visible change within a state leaves the version as it was."""

    def commit(self, lease: Lease, change: Change) -> None:
        within = change.edge == "record"
        super().commit(lease, replace(change, visible=False) if within else change)


class SentBeforePublished(DjangoOutbox):
    """An event counts as sent as soon as somebody takes it to send it."""

    def lease_next(
        self, checkout_id: CheckoutId, seconds: float
    ) -> tuple[int, Mapping[str, Any]] | None:
        leased = super().lease_next(checkout_id, seconds)
        if leased is not None:
            self.mark_sent(leased[0])
        return leased


class NewestEventFirst(DjangoOutbox):
    """Events are handed over in the wrong order."""

    def lease_next(
        self, checkout_id: CheckoutId, seconds: float
    ) -> tuple[int, Mapping[str, Any]] | None:
        unsent = CheckoutOutbox.objects.filter(checkout_id=checkout_id, sent_at=None)
        row = unsent.order_by("-sequence").first()
        if row is None:
            return None
        return row.pk, envelope(str(row.event_id), row.name, row.data, row.sequence, row.at)


class NoRelay(DjangoOutbox):
    """Only the task that follows a change hands its events over; nobody comes back for the rest."""

    def unsent(self, limit: int) -> Iterable[CheckoutId]:
        return []

    def give_up_lease(self, row: int, seconds: float) -> None:
        self.mark_sent(row)

    def lease_next(
        self, checkout_id: CheckoutId, seconds: float
    ) -> tuple[int, Mapping[str, Any]] | None:
        return super().lease_next(checkout_id, 86_400)


class EventIdPerTry(DjangoOutbox):
    """An event that is handed over again has another id."""

    def lease_next(
        self, checkout_id: CheckoutId, seconds: float
    ) -> tuple[int, Mapping[str, Any]] | None:
        leased = super().lease_next(checkout_id, seconds)
        return (leased[0], {**leased[1], "id": uuid4().hex}) if leased else None


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

    def _free(self, now: Any) -> Q:
        return super()._free(now + timedelta(minutes=1))
