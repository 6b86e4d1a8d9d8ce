"""Sockets in front of the real engine, database and channel layer, with fake neighbours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from importlib import import_module

import pytest

from checkout.adapters.inbound.websocket.resync import OPEN_SOCKETS
from checkout.testing.proof.world import World
from tests.adapters.websocket.opening import Opener, hinting_world, opening


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    """The world of the application tests, whose hints go through the configured layer."""
    with hinting_world() as built:
        yield built


@pytest.fixture
def deaf_world(transactional_db: None) -> Iterator[World]:
    """The same world, but every hint is lost."""
    with World() as built:
        yield built


@pytest.fixture
def quick_resync(monkeypatch: pytest.MonkeyPatch) -> float:
    """Compare the open sockets often; the interval in seconds."""
    monkeypatch.setattr(OPEN_SOCKETS, "every", 0.2)
    return 0.2


@pytest.fixture
async def opener() -> AsyncIterator[Opener]:
    """Opens sockets, and closes those that a test leaves open."""
    import_module("project.asgi")  # now, since it sets the logging up anew
    async with opening() as made:
        yield made
