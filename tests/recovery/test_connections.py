"""Connections to the database: kept from job to job, as the project says, and given back in the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.backends.signals import connection_created

from checkout.adapters.inbound import hands, tasks
from checkout.adapters.inbound.connections import KEPT_SECONDS
from checkout.adapters.inbound.hands import Hands
from checkout.adapters.inbound.sweep import Sweep
from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.adapters.outbound.scheduling.huey_scheduler import HueyScheduler
from checkout.testing.builders import snapshot
from checkout.testing.proof.world import World
from tests import patience
from tests.application.test_workers import huey_consumer
from tests.patience import eventually

pytestmark = pytest.mark.django_db(transaction=True)
SOME = 6


@pytest.fixture
def made() -> Iterator[list[Any]]:
    """Every connection that other threads make, as their threads see it; the shop's are its own."""
    found: list[Any] = []

    def note(connection: Any, **_: Any) -> None:
        if threading.current_thread().name not in ("MainThread", "shop-postman"):
            found.append(connection)

    connection_created.connect(note)
    yield found
    connection_created.disconnect(note)


def one_after_another(count: int, job: Callable[[], object], few: Hands) -> None:
    """Have it done so many times, the next when the last is done."""
    few.able()
    for number in range(count):
        few.give(number, job)
        eventually(lambda: not few._taken)


def test_a_thread_keeps_its_connection_from_job_to_job(made: list[Any]) -> None:
    few = Hands("test", 1)
    one_after_another(SOME, CheckoutSession.objects.count, few)
    assert len(made) == 1
    few.stop(patience.SECONDS)
    assert made[0].connection is None, "one that ends closes its own"


def test_a_thread_that_rests_has_none(made: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands, "RESTING_SECONDS", 0.05)
    few = Hands("test", 1)
    one_after_another(1, CheckoutSession.objects.count, few)
    eventually(lambda: made[0].connection is None)
    one_after_another(1, CheckoutSession.objects.count, few)
    few.stop(patience.SECONDS)
    assert made[0].connection is None


@pytest.mark.parametrize(
    ("said", "age"),
    [
        ({"CONN_MAX_AGE": 0}, KEPT_SECONDS),
        ({"CONN_MAX_AGE": 60}, 60),
        ({"CONN_MAX_AGE": None}, None),
        ({"CONN_MAX_AGE": 0, "OPTIONS": {"pool": True}}, 0),
    ],
)
def test_the_project_may_say_how_long_a_connection_is_kept(
    said: dict[str, Any], age: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    for name, value in said.items():
        monkeypatch.setitem(connections.settings["default"], name, value)
    few = Hands("test", 1)
    one_after_another(1, lambda: seen.append(connection.settings_dict["CONN_MAX_AGE"]), few)
    few.stop(patience.SECONDS)
    assert seen == [age]


def test_one_that_is_too_old_is_made_anew(made: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 1e-9)
    few = Hands("test", 1)
    one_after_another(SOME, CheckoutSession.objects.count, few)
    few.stop(patience.SECONDS)
    assert len(made) == SOME


def test_a_web_thread_is_none_of_it() -> None:
    tasks.tick.call_local("00000000-0000-4000-8000-000000000000")
    seen: list[Any] = []
    other = threading.Thread(target=lambda: seen.append(connection.settings_dict["CONN_MAX_AGE"]))
    other.start()
    other.join()
    tasks.stop_sweeping()
    assert seen == [settings.DATABASES["default"]["CONN_MAX_AGE"]] == [0]


def test_a_worker_makes_one_connection_for_each_thread(
    made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads of the queue, and no sweep."""
    monkeypatch.setattr(tasks, "start_sweep", lambda: None)
    redis_url = getattr(settings, "REDIS_URL", "")
    with World(outcome="approve", scheduler=HueyScheduler(redis_url)) as world:
        with huey_consumer():
            ids = [start(world, number) for number in range(SOME)]
            eventually(lambda: all(state(world, one) == "completed" for one in ids))
        assert 1 <= len(made) <= 2
        assert [one.connection for one in made] == [None] * len(made)


def test_a_sweep_makes_one_connection_for_each_thread(made: list[Any]) -> None:
    sweep = Sweep(every=0.02, overdue=0.0)
    everybody = (sweep.ticking, sweep.telling, sweep.watching, sweep.recovering)
    with World(outcome="approve") as world:
        sweep.start()
        ids = [start(world, number) for number in range(SOME)]
        eventually(lambda: all(state(world, one) == "completed" for one in ids))
        sweep.stop()
        sweep.join()
        assert 2 <= len(made) <= 1 + sum(some.count for some in everybody)
        eventually(lambda: [one.connection for one in made] == [None] * len(made))


def start(world: World, number: int) -> Any:
    """One more checkout; there is enough for all."""
    world.inventory.stock = dict.fromkeys(world.inventory.stock, 100)
    world.carts.carts[f"cart-{number}"] = snapshot(f"cart-{number}")
    return world.start(f"cart-{number}")


def state(world: World, checkout_id: Any) -> str:
    """Its stored state."""
    return str(world.services.repository.load(checkout_id).state)
