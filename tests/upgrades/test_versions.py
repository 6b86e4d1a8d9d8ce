"""Two versions side by side on one database: each drives what it knows, and leaves the rest alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSession,
)
from checkout.adapters.outbound.persistence.repositories import (
    django_checkout_repository,
    django_outbox,
    writes,
)
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.engine import Tick
from checkout.testing.builders import snapshot
from checkout.testing.proof.world import World
from tests.upgrades.finishing import finish, next_moments, pay, round_of_the_sweep

OLD, NEW = (1,), (1, 2)
TABLES: tuple[Any, ...] = (CheckoutEffect, CheckoutHistory, CheckoutInbox, CheckoutOutbox)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Fake neighbours around the real engine."""
    with World() as built:
        yield built


@contextmanager
def worker_of(known: tuple[int, ...]) -> Iterator[None]:
    """In this block our code is that of a release which knows these definitions."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (django_checkout_repository, django_outbox, writes):
            patch.setattr(module, "KNOWN_DEFINITIONS", known)
        yield


def begun(world: World, number: int, definition: int) -> CheckoutId:
    """A checkout of this definition that nobody has looked at yet."""
    world.carts.carts[f"cart-{number}"] = snapshot(f"cart-{number}")
    checkout_id = world.start(f"cart-{number}")
    CheckoutSession.objects.filter(pk=checkout_id).update(definition_version=definition)
    return checkout_id


def everything_of(checkout_id: CheckoutId) -> list[Any]:
    """All that is stored about it."""
    found: list[Any] = [list(CheckoutSession.objects.filter(pk=checkout_id).values())]
    found.append(list(CheckoutProgress.objects.filter(pk=checkout_id).values()))
    for table in TABLES:
        found.append(list(table.objects.filter(checkout=checkout_id).order_by("pk").values()))
    return found


def of_tomorrow(world: World) -> CheckoutId:
    """A checkout of the next release: due, with a state, an event and a message unheard of today."""
    checkout_id = begun(world, 1, 1)
    world.tick()
    reference = world.payments.last.reference
    message = InboxMessage("provider:x", "m1", "gift", "provider:m1", {}, "")
    world.services.repository.receive(checkout_id, message)
    parked = InboxMessage("provider:x", "m2", "payment", "provider:m2", {}, reference)
    world.services.repository.receive(None, parked)
    told = CheckoutOutbox.objects.filter(checkout=checkout_id).order_by("sequence")
    told.filter(sequence=1).update(name="gift_wrapped", sent_at=None)
    rows = CheckoutSession.objects.filter(pk=checkout_id)
    rows.update(definition_version=2, state="gift_wrapping")
    return checkout_id


def say(*words: str) -> str:
    """What the command prints."""
    out = StringIO()
    try:
        call_command("checkout", *words, stdout=out)
    except SystemExit:
        return out.getvalue()
    return out.getvalue()


def test_what_is_of_tomorrow_is_left_alone_while_the_rest_goes_on(world: World) -> None:
    foreign = of_tomorrow(world)
    before = everything_of(foreign)
    ours = [begun(world, number, 1) for number in (2, 3)]
    for _ in range(4):
        world.shift(31)
        assert world.services.engine.tick(foreign) == Tick.NOTHING
        assert world.services.relay.deliver(foreign) == 0
        for checkout_id in ours:
            pay(world, checkout_id)
        round_of_the_sweep(world, [foreign, *ours])
    states = CheckoutSession.objects.filter(pk__in=ours).values_list("state", flat=True)
    assert list(states) == ["completed", "completed"]
    assert not CheckoutOutbox.objects.filter(checkout__in=ours, sent_at=None).exists()
    assert everything_of(foreign) == before
    assert CheckoutInbox.objects.filter(checkout=None).count() == 1


def test_what_is_of_tomorrow_is_shown(world: World) -> None:
    foreign = of_tomorrow(world)
    assert f"definition {foreign}: definition 2 is not known here" in say("doctor")
    said = say("explain", str(foreign))
    assert "Nobody here drives it: definition 2 is not known." in said
    assert "gift_wrapping" in said


def test_an_old_worker_leaves_what_the_new_one_drives(world: World) -> None:
    """A rolling upgrade: both sweep the same database in turns, and both kinds come to their end."""
    old, new = [begun(world, n, 1) for n in (1, 2)], [begun(world, n, 2) for n in (3, 4)]
    driven: set[CheckoutId] = set()
    for turn in range(12):
        before = [everything_of(checkout_id) for checkout_id in new]
        with worker_of(OLD):
            for checkout_id in [*old, *new]:
                world.services.engine.tick(checkout_id)
            round_of_the_sweep(world, [*old, *new])
        assert [everything_of(checkout_id) for checkout_id in new] == before
        if turn < 8:
            for checkout_id in [*old, *new]:
                pay(world, checkout_id)
        with worker_of(NEW):
            round_of_the_sweep(world, [*old, *new])
        driven |= {pk for pk in new if CheckoutSession.objects.filter(pk=pk, fence__gt=0)}
        world.shift(31)
    assert driven == set(new)
    assert not list(next_moments([*old, *new]))
    assert set(CheckoutSession.objects.values_list("state", flat=True)) == {"completed"}
    assert len(world.orders.live) == 4
    ids = [event["id"] for event in world.published.events]
    assert len(ids) == len(set(ids)) == CheckoutOutbox.objects.count()


def test_what_arrives_at_an_old_process_waits_for_the_new_one(world: World) -> None:
    """A webhook and a command are stored by whoever gets them, and read by who understands them."""
    checkout_id = begun(world, 1, 2)
    with worker_of(NEW):
        world.tick()
    with worker_of(OLD):
        world.payments.pay()
        world.services.desk.submit(Command(checkout_id, "confirm", "shopper"))
        assert world.tick() == Tick.NOTHING
        round_of_the_sweep(world, [checkout_id])
        assert CheckoutInbox.objects.filter(checkout=checkout_id, applied_at=None).count() == 1
    with worker_of(NEW):
        finish(world, [checkout_id])
    assert world.checkout.state == "completed"
