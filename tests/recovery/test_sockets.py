"""Open pages without their channel layer: they open, show what is true, and follow it."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import OperationalError

from checkout.adapters.inbound.websocket import hearing
from checkout.adapters.inbound.websocket.resync import OPEN_SOCKETS
from checkout.testing.proof.world import World
from tests.adapters.websocket.opening import Opener, do, hinting_world, next_of, opening, until

QUICK = 0.2


class AwayLayer:
    """A channel layer whose Redis is gone, or says nothing; and comes back when it is told."""

    def __init__(self, hangs: bool) -> None:
        self.hangs = hangs
        self.asked = 0
        self.back: Any = None

    async def new_channel(self) -> str:
        """What is asked first."""
        self.asked += 1
        if self.back is not None:
            return str(await self.back.new_channel())
        if self.hangs:
            await asyncio.Event().wait()  # for ever: whoever waits for it never opens
        raise ConnectionError("Error 111 connecting to the channel layer")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.back, name)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    """A world whose hints go through the configured layer."""
    with hinting_world() as built:
        yield built


@pytest.fixture
async def opener() -> AsyncIterator[Opener]:
    """Opens sockets, and closes those that a test leaves open."""
    importlib.import_module("project.asgi")  # now, since it sets the logging up anew
    async with opening() as made:
        yield made


@pytest.mark.parametrize("hangs", [False, True], ids=["gone", "silent"])
async def test_a_page_opens_and_follows_without_the_channel_layer(
    world: World,
    opener: Opener,
    hangs: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    layer = AwayLayer(hangs)
    monkeypatch.setattr(hearing, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(hearing, "REST_SECONDS", 0.05)
    monkeypatch.setattr(OPEN_SOCKETS, "every", QUICK)
    checkout = await do(world.start)
    with caplog.at_level(logging.WARNING):
        sockets = [await opener.open(checkout) for _ in range(3)]
        for socket in sockets:
            assert (await next_of(socket)).state == "started"
        await do(world.tick)
        for socket in sockets:
            await until(socket, "awaiting_payment")
    assert layer.asked >= 1
    assert caplog.text.count("no hints for open pages") == (0 if hangs else 1)
    assert "Traceback" not in caplog.text


async def test_hints_are_heard_again_when_the_layer_is_back(
    world: World, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = AwayLayer(hangs=False)
    monkeypatch.setattr(hearing, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(hearing, "REST_SECONDS", 0.05)
    monkeypatch.setattr(OPEN_SOCKETS, "every", 60.0)  # so that only a hint can bring it
    socket = await opener.open(await do(world.start))
    await next_of(socket)
    layer.back = get_channel_layer()
    await asyncio.sleep(0.3)
    await do(world.tick)
    await until(socket, "awaiting_payment")


async def test_what_was_missed_before_the_subscription_is_shown_with_it(
    world: World, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = AwayLayer(hangs=False)
    monkeypatch.setattr(hearing, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(hearing, "REST_SECONDS", 0.05)
    monkeypatch.setattr(OPEN_SOCKETS, "every", 60.0)
    socket = await opener.open(await do(world.start))
    await next_of(socket)
    await do(world.tick)  # its hints are lost
    layer.back = get_channel_layer()
    await until(socket, "awaiting_payment")


async def test_a_page_that_opens_while_the_database_is_away_is_refused_and_comes_again(
    world: World, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = await do(world.start)
    queries = world.services.queries
    real = queries.ownership

    def gone(*_: Any) -> Any:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(queries, "ownership", gone)
    path, bearer = f"/ws/checkouts/{checkout}/", {"authorization": "Bearer x"}
    _, accepted = await opener.ask(path, bearer)
    assert not accepted
    monkeypatch.setattr(queries, "ownership", real)
    assert (await next_of(await opener.open(checkout))).state == "started"
