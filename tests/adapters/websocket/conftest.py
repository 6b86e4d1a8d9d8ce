"""Sockets in front of the real engine, database and channel layer, with fake neighbours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from channels.layers import get_channel_layer
from django.conf import settings

from checkout import bootstrap
from checkout.adapters.inbound.websocket.resync import OPEN_SOCKETS
from checkout.adapters.outbound.messaging.progress_hints import ProgressHints
from tests.adapters.websocket.opening import Opener
from tests.application.world import World


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    """The world of the application tests, whose hints go through the configured layer."""
    with World() as built:
        hints = ProgressHints(settings.REDIS_URL)
        built.services = bootstrap.build(
            built.services.ports, built.policy, built.bell, hints, built.published
        )
        bootstrap.use(built.services)
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
    made = Opener()
    yield made
    await made.close_all()
    flush = getattr(get_channel_layer(), "flush", None)
    if flush is not None:
        await flush()
