"""Hints: they arrive when all is well, and cost nothing when it is not."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis import Connection, ConnectionPool

from checkout.adapters.outbound.messaging.progress_hints import ProgressHints
from checkout.adapters.outbound.scheduling.huey_scheduler import HueyScheduler
from checkout.application import hints as giving
from checkout.application.hints import Hints
from checkout.domain.value_objects.checkout_id import new_checkout_id

LONGEST = 0.2  # seconds that one hint may cost; more would be felt
REST = 1.0
Give = Callable[[], None]


class Clock:
    """Seconds that a test lets pass."""

    now = 0.0

    def monotonic(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that hints rest by: however busy the machine is, no time passes."""
    stands = Clock()
    monkeypatch.setattr(giving, "time", SimpleNamespace(monotonic=stands.monotonic))
    return stands


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Every try to reach Redis."""
    tried: list[Connection] = []
    connect = Connection.connect

    def noted(connection: Connection) -> Any:
        tried.append(connection)
        return connect(connection)

    monkeypatch.setattr(Connection, "connect", noted)
    return tried


def ring(url: str) -> tuple[Give, ConnectionPool]:
    """The bell of a worker whose Redis is there."""
    scheduler = HueyScheduler(url)
    return lambda: scheduler.ring(new_checkout_id()), scheduler._storage.pool


def push(url: str) -> tuple[Give, ConnectionPool]:
    """The progress push of a worker whose Redis is there."""
    hints = ProgressHints(url)
    hints._layer = RedisPubSubChannelLayer(hosts=[url])  # whatever the form of this run
    assert hints._redis is not None
    return lambda: hints.changed(new_checkout_id(), 2), hints._redis._pool


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hint", [ring, push])
@pytest.mark.parametrize("trouble", ["dead_redis", "silent_redis", "unreachable_redis"])
def test_a_lost_redis_costs_a_fifth_of_a_second_once(
    hint: Callable[[str], tuple[Give, ConnectionPool]],
    trouble: str,
    clock: Clock,
    tries: list[Connection],
    request: pytest.FixtureRequest,
) -> None:
    give, pool = hint(request.getfixturevalue(trouble))
    limits = (pool.connection_kwargs[f"socket_{what}timeout"] for what in ("", "connect_"))
    assert max(limits) <= LONGEST, "a socket waits no longer"
    for _ in range(20):
        give()
    assert len(tries) == 1, "a hint is tried once, and after a failure hints rest for a second"
    clock.now += REST
    give()
    assert len(tries) == 2


def test_hints_come_back_after_their_rest(clock: Clock) -> None:
    hints, given = Hints("a test", rest=REST), []

    def broken() -> None:
        raise ConnectionError("gone")

    assert not hints.give(broken)
    clock.now += 0.99 * REST
    assert not hints.give(lambda: given.append("too early"))
    clock.now += 0.01 * REST
    assert hints.give(lambda: given.append("again"))
    assert given == ["again"]
