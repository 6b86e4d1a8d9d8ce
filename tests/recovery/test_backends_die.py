"""PostgreSQL ends the backends of connections that are kept: between two jobs, and in the middle."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from checkout.adapters.inbound import connections, tasks
from checkout.adapters.inbound.hands import Hands
from checkout.adapters.outbound.scheduling.huey_scheduler import HueyScheduler
from checkout.testing.proof.world import World
from tests import patience
from tests.application.test_workers import huey_consumer
from tests.patience import eventually
from tests.recovery.sweeping import sweeping
from tests.recovery.test_connections import SOME, start, state

pytestmark = pytest.mark.django_db(transaction=True)
END_THE_OTHERS = (
    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def end_the_others() -> int:
    """All connections to this database but our own are gone; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(END_THE_OTHERS)
        (ended,) = cursor.fetchone()
    return int(ended)


def test_a_server_that_went_away_while_a_worker_rested_costs_no_task(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No sweep runs here: what the first task after it lost would be lost."""
    monkeypatch.setattr(tasks, "start_sweep", lambda: None)
    monkeypatch.setattr(connections, "RESTED_SECONDS", 0.0)
    with World(outcome="approve", scheduler=HueyScheduler(settings.REDIS_URL)) as world:
        with huey_consumer():
            ended = 0
            for number in range(SOME):
                start(world, number)
                eventually(lambda: world.checkout.state.is_final)
                eventually(lambda: not world.untold)
                ended += end_the_others()
        assert ended > 0


def test_a_server_that_goes_away_in_the_middle_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Backends are ended all the time, until everything is completed nevertheless."""
    with World(outcome="approve", scheduler=HueyScheduler(settings.REDIS_URL)) as world:
        with huey_consumer(), sweeping():
            ids = [start(world, number) for number in range(SOME)]
            pause = threading.Event()
            ended = 0
            for _ in range(10):
                ended += end_the_others()
                pause.wait(0.05)
            eventually(lambda: all(state(world, one) == "completed" for one in ids))
            eventually(lambda: not world.untold)
        assert ended > 0
        assert len(world.orders.live) == len(ids)
        for one in ids:
            world.id = one
            assert (world.checkout.attempt, world.checkout.needs_attention) == (0, "")


def test_who_meets_a_dead_connection_drops_it() -> None:
    """It had no time to rest: the tick that meets it ends with an outage, the next one works."""
    with World(outcome="approve") as world:
        first, second = start(world, 1), start(world, 2)
        seen: list[str] = []

        def work() -> None:
            for one in (first, second, second):
                with connections.kept_connections():
                    seen.append(str(world.services.engine.tick(one)))
                if len(seen) == 1:
                    connection.connection.close()
            connections.close_connections()

        worker = threading.Thread(target=work)
        worker.start()
        worker.join()
        assert seen == ["waits", "storage", "waits"]


def test_one_that_was_lost_lets_the_others_look_at_theirs() -> None:
    """A restarted server costs the process one job, and not one for each thread."""
    seen: list[str] = []
    with World(outcome="approve") as world:
        ids = [start(world, number) for number in range(4)]
        threads = [Hands(f"test-{number}", 1) for number in range(3)]

        def tick(thread: Hands, one: Any) -> None:
            thread.able()
            thread.give(one, lambda: seen.append(str(world.services.engine.tick(one))))
            eventually(lambda: not thread._taken)

        for thread, one in zip(threads, ids, strict=False):
            tick(thread, one)
        assert end_the_others() >= len(threads)
        for thread in threads:
            tick(thread, ids[-1])
        for thread in threads:
            thread.stop(patience.SECONDS)
    assert seen == ["waits", "waits", "waits", "storage", "waits", "nothing"]
