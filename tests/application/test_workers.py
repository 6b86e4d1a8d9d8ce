"""Real threads: two ticks at once, the sweep without the queue, the queue without the sweep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils.module_loading import autodiscover_modules
from huey.consumer import Consumer
from huey.contrib.djhuey import HUEY

from checkout.adapters.inbound import tasks
from checkout.adapters.inbound.sweep import Sweep
from checkout.adapters.outbound.scheduling.huey_scheduler import HueyScheduler
from checkout.sagas.engine import Tick
from checkout.testing.builders import line, snapshot
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import pays
from checkout.testing.proof.world import World
from tests import patience
from tests.patience import eventually

pytestmark = pytest.mark.django_db(transaction=True)


class QuietConsumer(Consumer):
    """A consumer that leaves the test's signal handlers alone."""

    def _set_signal_handlers(self) -> None:
        """Nothing."""


@contextmanager
def huey_consumer() -> Iterator[None]:
    """Two worker threads on the configured queue."""
    autodiscover_modules("tasks")
    HUEY.flush()
    consumer = QuietConsumer(HUEY, workers=2, periodic=False, initial_delay=0.01, max_delay=0.02)
    thread = threading.Thread(target=consumer.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        consumer.stop(graceful=True)
        thread.join()


@contextmanager
def sweeping() -> Iterator[None]:
    """A sweep that goes round often."""
    sweep = Sweep(every=0.05, overdue=0.0)
    sweep.start()
    try:
        yield
    finally:
        sweep.stop()
        sweep.join()


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """Run it in so many threads that begin together."""
    together = threading.Barrier(count)

    def one(number: int) -> Any:
        try:
            together.wait(patience.SECONDS)
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
def test_of_many_ticks_at_once_one_does_the_work(remote: bool) -> None:
    """B7: however many are told of it, one works on it."""
    with World(remote) as world:
        checkout_id = world.start()
        results = at_once(4, lambda _: world.services.engine.tick(checkout_id))
        assert results.count(Tick.WAITS) == 1, results
        assert set(results) <= {Tick.WAITS, Tick.NOTHING, Tick.STORAGE}
        world.payments.pay()
        world.order("confirm")
        at_once(4, lambda _: world.services.engine.tick(checkout_id))
        drive(world, pays)
        assert world.checkout.state == "completed"
        check(world, most_calls=1)


def test_ten_checkouts_for_three_units_sell_three() -> None:
    with World(outcome="approve") as world:
        world.inventory.stock["mug"] = 3
        ids = []
        for number in range(10):
            cart = f"cart-{number}"
            world.carts.carts[cart] = snapshot(cart, lines=(line(quantity=1),))
            ids.append(world.start(cart))
        with sweeping():
            eventually(lambda: all(world.services.repository.load(i).state.is_final for i in ids))
        states = [world.services.repository.load(i).state.value for i in ids]
        assert (states.count("completed"), states.count("aborted")) == (3, 7)
        assert world.inventory.free("mug") == 0
        assert len(world.orders.live) == 3


def test_the_sweep_alone_completes_a_checkout() -> None:
    """B6: every ring is lost, and nothing else is: no queue is asked."""
    with World(outcome="approve") as world:
        world.start()
        with sweeping():
            eventually(lambda: world.checkout.state.is_final)
            eventually(lambda: not world.untold)
        assert world.checkout.state == "completed"
        check(world, most_calls=1)


def test_the_queue_alone_completes_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sweep runs anywhere: the bell is enough as long as nothing is lost."""
    monkeypatch.setattr(tasks, "start_sweep", lambda: None)
    redis_url = getattr(settings, "REDIS_URL", "")
    with World(outcome="approve", scheduler=HueyScheduler(redis_url)) as world, huey_consumer():
        world.start()
        eventually(lambda: world.checkout.state.is_final)
        eventually(lambda: not world.untold)
        assert world.checkout.state == "completed"
        check(world, most_calls=1)


def test_one_bad_row_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(outcome="approve") as world:
        bad = world.start("cart-of-nobody")
        good = world.start("cart-1")
        tick = world.services.engine.tick

        def broken(checkout_id: object, actor: str) -> Tick:
            if checkout_id == bad:
                raise ZeroDivisionError("a bug outside the engine")
            return tick(good, actor)

        monkeypatch.setattr(world.services.engine, "tick", broken)
        with sweeping():
            eventually(lambda: world.services.repository.load(good).state.is_final)
        assert world.services.repository.load(bad).state == "started"


def test_the_sweep_says_that_it_lives() -> None:
    """G8: no host has to schedule it; its heartbeat is seen."""
    with World() as world:
        assert world.services.queries.seconds_since_heartbeat() is None
        with sweeping():
            eventually(lambda: world.services.queries.seconds_since_heartbeat() is not None)
        age = world.services.queries.seconds_since_heartbeat()
        assert age is not None
        assert age < patience.SECONDS
