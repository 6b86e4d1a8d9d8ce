"""What the server does for all its connections, it does for a few at a time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

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
