"""The connection that sockets keep: kept, replaced when it has died, tried once when all is away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.db.backends.signals import connection_created

from checkout.adapters.inbound.websocket import reading as reading_module
from checkout.adapters.inbound.websocket.reading import REST_SECONDS, ReadingThread
from checkout.domain.exceptions import StorageUnavailable

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def made() -> Iterator[list[Any]]:
    """Every connection that is made."""
    found: list[Any] = []

    def note(**about: Any) -> None:
        found.append(about["connection"])

    connection_created.connect(note)
    yield found
    connection_created.disconnect(note)


@pytest.fixture
async def reading(made: list[Any]) -> AsyncIterator[ReadingThread]:
    """A reading thread, whose connection does not outlive the test."""
    thread = ReadingThread()
    yield thread
    thread.hang_up()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock by which it rests."""
    stands = SimpleNamespace(now=1000.0)
    stands.monotonic = lambda: stands.now
    monkeypatch.setattr(reading_module, "time", stands)
    return stands


class Work:
    """Reads one, and fails as often as it is told before."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures

    def __call__(self) -> int:
        if self.failures:
            self.failures -= 1
            raise OperationalError("the server closed the connection")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return int(cursor.fetchone()[0])


async def test_it_is_kept_until_nobody_reads(reading: ReadingThread, made: list[Any]) -> None:
    for _ in range(3):
        assert await reading.read(Work()) == 1
    assert len(made) == 1
    reading.hang_up()
    assert await reading.read(lambda: connection.connection is not None)
    assert len(made) == 2


async def test_a_kept_connection_that_has_died_is_replaced_at_once(
    reading: ReadingThread, made: list[Any]
) -> None:
    assert await reading.read(Work()) == 1
    assert await reading.read(Work(failures=1)) == 1
    assert len(made) == 2


async def test_what_fails_over_a_new_connection_is_not_repeated(
    reading: ReadingThread, made: list[Any]
) -> None:
    twice = Work(failures=2)
    with pytest.raises(StorageUnavailable):
        await reading.read(twice)
    assert twice.failures == 1
    assert await reading.read(Work()) == 1
    with pytest.raises(StorageUnavailable):
        await reading.read(Work(failures=2))
    assert await reading.read(Work()) == 1, "it is never given up"


async def test_those_who_wait_in_line_do_not_each_wait_for_a_server_that_is_away(
    reading: ReadingThread, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[bool] = []

    def away(*_: object) -> None:
        tries.append(True)
        raise OperationalError("timeout expired")

    with monkeypatch.context() as patched:
        patched.setattr(type(connections["default"]), "connect", away)
        for _ in range(5):
            with pytest.raises(StorageUnavailable):
                await reading.read(Work())
        assert len(tries) == 1
        clock.now += REST_SECONDS
        with pytest.raises(StorageUnavailable):
            await reading.read(Work())
        assert len(tries) == 2
    clock.now += REST_SECONDS
    assert await reading.read(Work()) == 1
