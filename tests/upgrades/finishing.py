"""Bringing everything in a database to its end, as workers, sweeps and shoppers would."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

import pytest
from huey.contrib.djhuey import HUEY

from checkout.adapters.inbound import tasks
from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.adapters.outbound.persistence.models import CheckoutOutbox, CheckoutSession
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.bootstrap import Services
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.fake_payments import FakePayments

A_LONG_WHILE = timedelta(hours=12)  # beyond this only the last look of a day later is due
ROUNDS = 120
STRIDE = 25.0  # seconds between two rounds: far below every window


class World(Protocol):
    """What is needed of a world: its services, its provider, and its clock."""

    services: Services
    payments: FakePayments

    def shift(self, seconds: float) -> None:
        """Let the database's clock go on."""


def work_off(messages: Iterable[bytes], serializer: Any) -> int:
    """Let a worker take these messages from the real queue, as they are; how many it did."""
    HUEY.flush()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HUEY, "serializer", serializer)
        patch.setattr(tasks, "start_sweep", lambda: None)  # rounds are gone here by hand
        for message in messages:
            HUEY.storage.enqueue(message)
        done = 0
        while HUEY.pending_count():
            HUEY.execute(HUEY.deserialize_task(HUEY.storage.dequeue()))
            done += 1
        return done


def finish(world: World, ids: Sequence[CheckoutId], paying: Sequence[CheckoutId] = ()) -> None:
    """Go round until nothing of these is due within half a day; the shoppers of `paying` pay."""
    for _ in range(ROUNDS):
        for checkout_id in paying:
            pay(world, checkout_id)
        round_of_the_sweep(world, ids)
        moments = list(next_moments(ids))
        if not moments:
            return
        ahead = (min(moments) - read_now()).total_seconds()
        world.shift(max(ahead, STRIDE))
    raise AssertionError(f"It never comes to rest: {min(next_moments(ids))}.")


def round_of_the_sweep(world: World, ids: Collection[CheckoutId]) -> None:
    """What a sweep does in one round, of these checkouts alone."""
    services = world.services
    for checkout_id in services.repository.due(0, 1000):
        if checkout_id in ids:
            services.engine.tick(checkout_id, "system:sweep")
    services.repository.adopt_all_parked()
    services.relay.deliver_waiting(1000)


def next_moments(ids: Collection[CheckoutId]) -> Iterable[datetime]:
    """When there is something to do, leaving out the last look of a day later."""
    now = read_now()
    rows = CheckoutSession.objects.filter(pk__in=ids)
    for due, lease in rows.values_list("due_at", "lease_until"):
        if due is not None and due - now < A_LONG_WHILE:
            yield max(due, lease or due)
    for lease in CheckoutOutbox.objects.filter(sent_at=None).values_list("lease_until", flat=True):
        yield lease or now


def pay(world: World, checkout_id: CheckoutId) -> None:
    """A shopper at the screen: pays an open payment, or asks for another try."""
    if not CheckoutSession.objects.filter(pk=checkout_id, state="awaiting_payment").exists():
        return
    checkout = world.services.repository.load(checkout_id)
    attempt = checkout.payment
    facts = world.payments.payments[attempt.reference].facts
    if not facts.closed and not facts.paid:
        world.payments.change(attempt.reference, authorised=checkout.total)
    with suppress(Refused):  # the checkout may not know yet what the provider knows
        kind = "retry" if facts.closed and not facts.paid else "confirm"
        world.services.desk.submit(Command(checkout_id, kind, "shopper"))
