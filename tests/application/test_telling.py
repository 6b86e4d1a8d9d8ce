"""What a checkout has to tell is leased with the commit that ends its tick, where that is one trip."""

from __future__ import annotations

import pytest
from django.db import connection

from checkout.adapters.outbound.persistence.models import CheckoutOutbox
from checkout.application.ports.outbound.checkout_repository_port import EVENT_LEASE_SECONDS
from checkout.sagas.engine import Tick
from checkout.sagas.working_copy import Telling
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db
AT_ONCE = connection.vendor == "postgresql"


def leased() -> list[int]:
    rows = CheckoutOutbox.objects.exclude(lease_until=None).order_by("sequence")
    return list(rows.values_list("sequence", flat=True))


def test_the_end_of_a_tick_leases_the_oldest_event_for_whoever_asks() -> None:
    with World() as world:
        world.start()
        telling: Telling = []
        assert world.services.engine.tick(world.known, telling=telling) == Tick.WAITS
        assert leased() == ([1] if AT_ONCE else [])
        assert len(telling) == AT_ONCE
        waiting = len(world.untold)
        assert world.services.relay.deliver(world.known, *telling) == waiting > 1
        assert not world.untold


def test_nobody_leases_what_nobody_asked_for() -> None:
    with World() as world:
        world.start()
        world.services.engine.tick(world.known)
        assert leased() == []


def test_what_another_relay_has_taken_is_not_taken_from_it() -> None:
    with World() as world:
        world.start()
        outbox = world.services.relay._outbox
        (first, *_) = outbox.lease_oldest(world.known, EVENT_LEASE_SECONDS, 1)
        telling: Telling = []
        world.services.engine.tick(world.known, telling=telling)
        assert world.services.relay.deliver(world.known, *telling) == 0
        assert leased() == [1]
        outbox.mark_sent([first[0]])
        waiting = len(world.untold)
        assert world.services.relay.deliver(world.known) == waiting > 1


def test_who_dies_before_it_hands_over_leaves_it_to_the_sweep() -> None:
    with World() as world:
        world.start()
        world.services.engine.tick(world.known, telling=[])
        if AT_ONCE:
            assert world.services.relay.deliver_waiting() == 0
            world.shift(EVENT_LEASE_SECONDS + 1)
        assert world.services.relay.deliver_waiting() > 0
        pays(world)
        drive(world, idle)
        assert world.checkout.state == "completed"
        assert not world.untold
