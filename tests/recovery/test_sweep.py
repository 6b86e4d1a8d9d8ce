"""The sweep itself: no call, row, receiver or bug may stop its rounds, and it never lies (W30)."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from checkout.adapters.inbound import hands, queue_watch, sweep, tasks
from checkout.adapters.inbound.hands import Hands
from checkout.adapters.outbound.persistence.models import WorkerHeartbeat
from checkout.domain.exceptions import StorageUnavailable, Unavailable
from checkout.sagas.engine import Tick
from checkout.testing.builders import snapshot
from checkout.testing.proof.world import World
from tests import patience
from tests.patience import eventually
from tests.recovery.sweeping import sweeping

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> Iterator[World]:
    """Fake neighbours, and a shopper who pays at once."""
    with World(outcome="approve") as built:
        yield built


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What hanging calls wait for; they are let go at the end."""
    released = threading.Event()
    yield released
    released.set()


def carts(world: World, count: int) -> list[Any]:
    """So many checkouts, all due."""
    for number in range(count):
        world.carts.carts[f"cart-{number}"] = snapshot(f"cart-{number}")
    return [world.start(f"cart-{number}") for number in range(count)]


def hang(world: World, victims: list[Any], until: threading.Event, patch: Any) -> None:
    """The ticks of these checkouts never end, as with a port that has no time limit."""
    tick = world.services.engine.tick

    def hanging(checkout_id: Any, actor: str) -> Tick:
        if checkout_id in victims:
            until.wait()
            return Tick.NOTHING
        return tick(checkout_id, actor)

    patch.setattr(world.services.engine, "tick", hanging)


def state(world: World, checkout_id: Any) -> str:
    """Its stored state."""
    return str(world.services.repository.load(checkout_id).state)


def newest_beat() -> datetime:
    """When the freshest heartbeat was."""
    return max(WorkerHeartbeat.objects.values_list("at", flat=True))


def test_more_hanging_calls_than_threads_stop_no_other_checkout(
    world: World, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    *hanging, good = carts(world, sweep.THREADS + 2)
    hang(world, hanging, stuck, monkeypatch)
    with sweeping():
        eventually(lambda: state(world, good) == "completed")
        before = newest_beat()
        eventually(lambda: newest_beat() > before)  # rounds go on and say so
        assert {state(world, other) for other in hanging} == {"started"}
        stuck.set()


def test_a_sweep_that_can_do_nothing_does_not_say_that_it_lives(
    world: World, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr(hands, "MOST_HANGING", 0)
    monkeypatch.setattr("checkout.adapters.inbound.health.MOST_SECONDS", 1)
    hang(world, carts(world, sweep.THREADS), stuck, monkeypatch)
    with sweeping():
        eventually(lambda: "sweep" in client.get("/healthz/ready").json()["failing"])
        stuck.set()
        eventually(lambda: "sweep" not in client.get("/healthz/ready").json()["failing"])


def test_a_receiver_of_events_that_hangs_stops_no_checkout(
    world: World, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = threading.Event()

    def hang_up(event: Any) -> None:
        hanging.set()
        stuck.wait()

    monkeypatch.setattr(world.published, "publish", hang_up)
    carts(world, 1)
    with sweeping():
        eventually(hanging.is_set)
        world.carts.carts["later"] = snapshot("later")
        later = world.start("later")
        eventually(lambda: state(world, later) == "completed")
        stuck.set()


def test_a_receiver_that_is_away_is_asked_once_a_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try may take seconds: fifty in a row would take minutes."""
    asked: list[str] = []

    def away(event: Any) -> None:
        asked.append(event["id"])
        raise Unavailable("The event stream did not answer.")

    carts(world, 5)
    with monkeypatch.context() as broken:
        broken.setattr(world.published, "publish", away)
        world.services.relay.deliver_waiting()
    assert len(asked) == 1


@pytest.mark.parametrize("broken", ["beat", "adopt_all_parked"])
def test_a_part_that_breaks_leaves_the_others(
    world: World, broken: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*_: Any) -> None:
        raise ZeroDivisionError("a bug")

    where = world.services.queries if broken == "beat" else world.services.repository
    monkeypatch.setattr(where, broken, bug)
    (only,) = carts(world, 1)
    with sweeping():
        eventually(lambda: state(world, only) == "completed")
        eventually(lambda: not world.untold)
    assert "a part of the sweep's round failed" in caplog.text


@pytest.fixture
def busy_queue(world: World, monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """What the queue says of its length; a task has just been taken from it."""
    waiting: list[int | None] = [7]
    monkeypatch.setattr(world.services.queue, "waiting", lambda: waiting[0])
    queue_watch.note_task()
    return waiting


def overdue() -> list[Any]:
    """What a sweep finds now."""
    return sweep.Sweep()._overdue()


def test_what_may_wait_in_a_queue_at_work_is_left_to_it_for_some_seconds(
    world: World, busy_queue: list[int | None]
) -> None:
    (only,) = carts(world, 1)
    world.shift(2)
    assert overdue() == []
    world.shift(sweep.QUEUED_SECONDS)
    assert overdue() == [only]


@pytest.mark.parametrize("waiting", [0, None], ids=["empty", "away"])
def test_what_is_not_in_the_queue_is_driven_at_once(
    world: World, busy_queue: list[int | None], waiting: int | None
) -> None:
    busy_queue[0] = waiting
    (only,) = carts(world, 1)
    world.shift(2)
    assert overdue() == [only]


def test_a_queue_that_nobody_takes_from_is_not_waited_for(
    world: World, busy_queue: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_watch, "LATELY_SECONDS", 0.0)
    (only,) = carts(world, 1)
    world.shift(2)
    assert overdue() == [only]


@pytest.mark.usefixtures("busy_queue")
def test_whose_driver_is_gone_is_not_in_the_queue_any_more(world: World) -> None:
    left, queued = carts(world, 2)
    assert world.services.repository.claim(left, 1.5) is not None
    world.shift(1.2)
    assert overdue() == [], "its lease runs"
    world.shift(0.5)
    assert overdue() == [left]
    world.shift(sweep.QUEUED_SECONDS)
    assert sorted(overdue()) == sorted([left, queued])


def test_an_outage_of_the_database_is_told_once(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []

    def away(*_: Any) -> None:
        rounds.append(1)
        raise StorageUnavailable("gone")

    (only,) = carts(world, 1)
    with caplog.at_level(logging.WARNING, "checkout.sweep"), sweeping():
        with monkeypatch.context() as broken:
            broken.setattr(world.services.repository, "due", away)
            eventually(lambda: len(rounds) > 5)
        eventually(lambda: state(world, only) == "completed")
    assert caplog.text.count("does not answer the sweep") == 1


def test_an_outage_that_the_events_meet_first_is_no_error(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []

    def away(**_: Any) -> None:
        tries.append(1)
        raise StorageUnavailable("gone")

    monkeypatch.setattr(world.services.relay, "deliver_waiting", away)
    with caplog.at_level(logging.ERROR, "checkout.sweep"), sweeping():
        eventually(lambda: len(tries) > 1)
    assert not [record for record in caplog.records if record.name == "checkout.sweep"]


@pytest.fixture
def own_sweep() -> Iterator[None]:
    """This process sweeps as a worker does, until the test ends."""
    yield
    sweep.stop_sweep()


@pytest.mark.usefixtures("own_sweep")
@pytest.mark.parametrize("how", ["died", "hangs"])
def test_the_next_task_replaces_a_sweep_that_stopped(
    world: World, how: str, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G8: it does not stay stopped."""
    first = sweep.start_sweep()
    assert sweep.start_sweep() is first
    if how == "died":
        first.stop()
        first.join()
    else:
        hanging = threading.Event()

        def hang_up(*_: Any) -> list[Any]:
            hanging.set()
            stuck.wait()
            return []

        monkeypatch.setattr(world.services.repository, "due", hang_up)
        assert hanging.wait(patience.SECONDS)
        first._round_began -= sweep.LOST_SECONDS + 1
        assert not first.goes_round()
    tasks.tick.call_local("00000000-0000-4000-8000-000000000000")
    second = sweep._running[os.getpid()]
    assert second is not first
    assert second.goes_round()
    stuck.set()
    first.join(patience.SECONDS)
    assert not first.is_alive(), "two sweeps of one process never last"


@pytest.mark.usefixtures("own_sweep")
def test_who_ends_lets_its_ticks_finish(
    world: World, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    (only,) = carts(world, 1)
    hang(world, [only], stuck, monkeypatch)
    monkeypatch.setattr(sweep, "OVERDUE_SECONDS", 0.0)
    monkeypatch.setattr(sweep, "STOP_SECONDS", patience.SECONDS)
    mine = sweep.start_sweep()
    mine.overdue = 0.0
    eventually(lambda: any(hand._since for hand in mine.ticking._hands))
    threading.Timer(0.3, stuck.set).start()
    sweep.stop_sweep()
    assert stuck.is_set()
    assert not mine.is_alive()


def test_a_job_is_taken_once_and_may_come_again() -> None:
    done: list[str] = []
    few = Hands("test", 2)
    for _ in range(3):
        few.give("a", lambda: done.append("a"))
    assert few.able()
    eventually(lambda: done == ["a"])
    eventually(lambda: not few._taken)
    few.give("a", lambda: done.append("again"))
    eventually(lambda: done == ["a", "again"])
    few.stop(patience.SECONDS)
    assert not any(hand.is_alive() for hand in few._hands)


def test_heartbeats_of_the_long_dead_are_cleared_away(world: World, client: Client) -> None:
    from checkout.adapters.outbound.persistence import database_time

    queries = world.services.queries
    queries.beat("dead-long-ago")
    with database_time.shifted(3601):
        queries.beat("dead-lately")
    with database_time.shifted(3601 + 60):
        queries.beat("alive")
        assert client.get("/healthz/ready").json()["workers"] == 1
    names = set(WorkerHeartbeat.objects.values_list("worker", flat=True))
    assert names == {"dead-lately", "alive"}
