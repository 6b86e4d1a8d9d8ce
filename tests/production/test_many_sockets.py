"""What the server does for all its connections, it does for a few at a time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import daphne.server
import pytest

from project import server as serving
from project.server import CHECK_SECONDS, CHECKED_AT_ONCE, DrainingServer


class Connection:
    """An open connection that counts how often it is looked at."""

    def __init__(self) -> None:
        self.checks = 0

    def check_timeouts(self) -> None:
        """It is looked at."""
        self.checks += 1


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """In how many seconds the server wants to go on, each time."""
    found: list[float] = []
    reactor = SimpleNamespace(callLater=lambda seconds, work: found.append(seconds))
    monkeypatch.setattr(serving, "reactor", reactor)
    return found


def serving_these(count: int) -> tuple[Any, list[Connection]]:
    connections = [Connection() for _ in range(count)]
    server: Any = DrainingServer(None, endpoints=["tcp:0"])
    server.connections = {connection: {} for connection in connections}
    return server, connections


@pytest.mark.parametrize("count", [0, 1, CHECKED_AT_ONCE, CHECKED_AT_ONCE + 1, 1000])
def test_every_connection_is_looked_at_once_in_a_round(count: int, later: list[float]) -> None:
    server, connections = serving_these(count)
    looked = 0
    while sum(later) < CHECK_SECONDS - 0.001:
        server.timeout_checker()
        checks = sum(connection.checks for connection in connections)
        assert checks - looked <= CHECKED_AT_ONCE
        looked = checks
    assert [connection.checks for connection in connections] == [1] * count


def test_who_is_gone_is_not_looked_at_and_who_is_new_is_in_the_next(later: list[float]) -> None:
    server, connections = serving_these(CHECKED_AT_ONCE + 1)
    server.timeout_checker()
    (gone,) = [connection for connection in connections if not connection.checks]
    del server.connections[gone]
    new = Connection()
    server.connections[new] = {}
    server.timeout_checker()
    assert not gone.checks
    server.timeout_checker()
    server.timeout_checker()
    assert new.checks == 1


class Watched(dict[str, Any]):
    """What the server knows of a connection; counts how often it is asked."""

    asked = 0

    def get(self, key: str, default: Any = None) -> Any:
        """It is asked."""
        self.asked += 1
        return super().get(key, default)


async def applications(
    server: Any, connections: list[Connection], monkeypatch: pytest.MonkeyPatch
) -> list[asyncio.Event]:
    """Run an application for each connection; it ends when its event is set."""
    monkeypatch.setattr(daphne.server, "reactor", SimpleNamespace(callLater=lambda *_: None))
    ends = {connection: asyncio.Event() for connection in connections}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await ends[scope["connection"]].wait()

    server.application = application
    for connection in connections:
        server.connections[connection] = Watched()
        server.create_application(connection, {"connection": connection})
    await asyncio.sleep(0)
    return list(ends.values())


async def some_steps() -> None:
    """What has to be done for whoever has ended is done."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_only_what_has_ended_is_cleared_up(monkeypatch: pytest.MonkeyPatch) -> None:
    server, (ended, gone, still_open) = serving_these(3)
    ends = await applications(server, [ended, gone, still_open], monkeypatch)
    server.protocol_disconnected(gone)
    ends[0].set()
    await some_steps()
    server.application_checker()
    assert set(server.connections) == {ended, gone, still_open}, "each is half there still"
    assert "application_instance" not in server.connections[ended]
    server.protocol_disconnected(ended)
    ends[1].set()
    await some_steps()
    server.application_checker()
    assert set(server.connections) == {still_open}
    assert server.connections[still_open].asked == 0, "nobody looked at what is open"
    ends[2].set()


async def test_an_application_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    server, (gone,) = serving_these(1)
    await applications(server, [gone], monkeypatch)
    server.protocol_disconnected(gone)
    server.application_close_timeout = -1
    server.application_checker()
    await some_steps()
    server.application_checker()
    assert not server.connections


async def test_what_begins_while_it_clears_up_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next request of a connection begins when the one before it is answered with an error."""
    server, (first, following) = serving_these(2)

    async def breaks(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    def begin_the_next(_: Exception) -> None:
        server.connections[following] = {}

    monkeypatch.setattr(server, "application", breaks)
    monkeypatch.setattr(first, "handle_exception", begin_the_next, raising=False)
    del server.connections[following]
    server.create_application(first, {})
    await some_steps()
    server.application_checker()
    assert following in server.connections
