"""A unit whose COMMIT fails has written nothing: its answer is stored, and nothing of it is told."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from checkout.adapters.outbound.persistence.models import CheckoutHistory, CheckoutOutbox
from checkout.domain.effect import Outcome
from checkout.sagas.engine import Tick
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World
from tests.application.test_engine import at_first

WRITES_FOR_GOOD = pytest.mark.django_db(transaction=True)
WATCHED = pytest.param(True, id="watched")  # an execute wrapper, or DEBUG: statements one by one
PIPELINED = pytest.param(False, id="pipelined")


def points_nowhere() -> None:
    """A bug of the shop's: a reference to a row that is not there. The database says so at COMMIT."""
    nowhere = {"checkout_id": uuid4(), "version": 1, "at": timezone.now()}
    CheckoutHistory.objects.create(edge="x", source="", target="", actor="", reason="", **nowhere)


@contextmanager
def one_by_one(watched: bool) -> Any:
    """World watches all statements, so that they never travel together: here only if wanted."""
    before = list(connection.execute_wrappers)
    if not watched:
        connection.execute_wrappers.clear()
    try:
        yield
    finally:
        connection.execute_wrappers[:] = before


@WRITES_FOR_GOOD
@pytest.mark.parametrize("watched", [WATCHED, PIPELINED])
def test_an_answer_is_stored_when_the_commit_of_what_follows_is_refused(watched: bool) -> None:
    """ADR 12: a shop that breaks does not make the engine ask the provider again and again."""
    with World(outcome="approve") as world, one_by_one(watched):
        world.start()
        for _ in range(3):
            at_first(world, "orders.place", points_nowhere)
            assert world.later(31) == Tick.PARKED
        assert len(world.payments.called("initiate")) == 1
        assert world.checkout.effects["payments.initiate", 1].outcome == Outcome.DONE


@WRITES_FOR_GOOD
def test_an_answer_is_stored_when_the_commit_of_what_follows_is_not_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same with an outage at COMMIT, such as a full disk: nothing of the unit was written."""
    with World(outcome="approve") as world:

        def fails_once() -> None:
            monkeypatch.undo()
            raise OperationalError("disk I/O error")

        at_first(
            world, "orders.place", lambda: monkeypatch.setattr(connection, "_commit", fails_once)
        )
        world.start()
        assert world.tick() == Tick.STORAGE
        assert world.checkout.effects["payments.initiate", 1].outcome == Outcome.DONE
        drive(world, idle)
        assert len(world.payments.called("initiate")) == 1


@WRITES_FOR_GOOD
@pytest.mark.parametrize("watched", [WATCHED, PIPELINED])
def test_nothing_is_told_of_a_unit_whose_commit_is_refused(watched: bool) -> None:
    """S9: consumers see what happened, once. The unit is the end of the tick: it has leased them."""
    with World(outcome="approve") as world, one_by_one(watched):
        world.payments.sale = True  # nothing is to be captured: the unit is the end of the tick
        at_first(world, "orders.place", points_nowhere)
        world.start()
        assert world.tick() == Tick.PARKED
        stored = {row.event_id.hex for row in CheckoutOutbox.objects.all()}
        told = {event["id"].replace("-", "") for event in world.published.events}
        assert told <= stored, world.published.types
        assert world.checkout.state != "completed"
        assert "checkout_completed" not in world.published.types


@WRITES_FOR_GOOD
@pytest.mark.parametrize("watched", [WATCHED, PIPELINED])
def test_who_paid_in_time_gets_the_order_when_the_shop_is_mended(watched: bool) -> None:
    """Q1: we have asked in time and were told that it is paid. Nobody may call that too late."""
    with World(payment_window=60, honour_for=600) as world, one_by_one(watched):
        world.start()
        world.tick()
        pays(world)
        for _ in range(12):  # the shop is broken for longer than `honour_for`
            at_first(world, "orders.place", points_nowhere)
            world.later(60)
        at_first(world, "orders.place", lambda: None)  # mended
        world.run_until_quiet()
        assert world.checkout.state == "completed"
