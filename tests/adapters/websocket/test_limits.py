"""What a socket may cost, what it takes, and for how long it is believed (SEC-4, SEC-14)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.conf import settings as configured

from checkout.adapters.inbound.websocket import consumer, looking
from checkout.adapters.inbound.websocket.places import PLACES
from checkout.adapters.inbound.websocket.resync import OPEN_SOCKETS
from checkout.testing.proof.world import World
from tests import patience
from tests.adapters.websocket.opening import (
    ORIGIN,
    Opener,
    Socket,
    comes,
    cookie_of,
    do,
    next_of,
    path_of,
)


@pytest.fixture
async def headers() -> dict[str, str]:
    """What the owner's browser sends."""
    return {"origin": ORIGIN, "cookie": await cookie_of("browser")}


def limit(settings: Any, **limits: Any) -> None:
    settings.CHECKOUT = {**settings.CHECKOUT, **limits}


async def log_out(cookie: str) -> None:
    """The session is deleted, as at a logout, and the browser keeps its cookie."""
    key = cookie.partition("=")[2]
    await do(lambda: import_module(configured.SESSION_ENGINE).SessionStore(key).delete())


async def closed_with(socket: Socket) -> int:
    """The close code; whatever was sent before it is passed over."""
    message = await socket.receive_output(timeout=patience.SECONDS)
    while message["type"] != "websocket.close":
        message = await socket.receive_output(timeout=patience.SECONDS)
    return int(message.get("code", 1000))


async def test_a_session_has_so_many_sockets_and_gets_the_place_of_a_closed_one(
    world: World,
    opener: Opener,
    headers: dict[str, str],
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    limit(settings, SOCKETS_PER_SESSION=2)
    path = path_of(await do(world.start))
    open_ones = [await opener.ask(path, headers) for _ in range(3)]
    assert [accepted for _, accepted in open_ones] == [True, True, False]
    assert "2 sockets of one session" in caplog.text
    elsewhere = {**headers, "cookie": await cookie_of("browser")}
    assert (await opener.ask(path, elsewhere))[1], "another session is not held up"
    await open_ones[0][0].disconnect()
    assert (await opener.ask(path, headers))[1]
    await opener.close_all()
    assert not PLACES._taken


async def test_an_address_has_so_many_sockets(world: World, opener: Opener, settings: Any) -> None:
    limit(settings, SOCKETS_PER_ADDRESS=1, TRUSTED_PROXIES=["10.0.0.1"], UNLIMITED_ADDRESSES=[])
    path = path_of(await do(world.start))
    for client, expected in (("192.0.2.7", True), ("192.0.2.7", False), ("192.0.2.8", True)):
        headers = {"origin": ORIGIN, "cookie": await cookie_of("browser")}
        _, accepted = await opener.ask(path, headers, client=client)
        assert accepted is expected, client


async def test_a_refused_socket_takes_no_place(world: World, opener: Opener) -> None:
    before = dict(PLACES._taken)
    headers = {"origin": ORIGIN, "cookie": await cookie_of("somebody else")}
    _, accepted = await opener.ask(path_of(await do(world.start)), headers)
    assert not accepted
    assert dict(PLACES._taken) == before


async def test_a_ping_is_answered_and_no_other_word_is(world: World, opener: Opener) -> None:
    socket = await opener.open(await do(world.start))
    await next_of(socket)
    await socket.send_to(text_data="resync")
    await socket.send_to(text_data=consumer.PING)
    assert await socket.receive_from(timeout=patience.SECONDS) == consumer.PONG
    assert await socket.receive_nothing(timeout=0.1)


async def test_long_messages_and_floods_end_a_socket(
    world: World, opener: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    checkout = await do(world.start)
    for messages in (["x" * (consumer.MOST_BYTES + 1)], ["ping"] * (consumer.MOST_MESSAGES + 1)):
        socket = await opener.open(checkout)
        for message in messages:
            await socket.send_to(text_data=message)
        assert await closed_with(socket) == consumer.TOO_MUCH


async def test_the_sockets_of_a_session_end_with_it(
    world: World, opener: Opener, quick_resync: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nothing changes."""
    monkeypatch.setattr(OPEN_SOCKETS.rota, "rests", 0.0)
    checkout = await do(world.start)
    logged_out, stays = await cookie_of("browser"), await cookie_of("browser")
    headers = {"origin": ORIGIN, "cookie": logged_out}
    gone, _ = await opener.ask(path_of(checkout), headers)
    kept, _ = await opener.ask(path_of(checkout), {**headers, "cookie": stays})
    await next_of(kept)
    await log_out(logged_out)
    assert await closed_with(gone) == consumer.NOT_YOURS
    await do(world.tick)
    assert (await next_of(kept)).version > 1


async def test_a_push_after_a_while_looks_first_whose_it_is(
    world: World, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout, cookie = await do(world.start), await cookie_of("browser")
    socket, _ = await opener.ask(path_of(checkout), {"origin": ORIGIN, "cookie": cookie})
    await next_of(socket)
    await log_out(cookie)
    monkeypatch.setattr(looking, "KNOWN_FOR_SECONDS", -1.0)
    await do(world.tick)
    message = await socket.receive_output(timeout=patience.SECONDS)
    assert message["type"] == "websocket.close", "nothing may be shown to who is not known any more"


async def test_nobody_is_cut_off_while_the_database_is_away(
    world: World, opener: Opener, quick_resync: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    socket = await opener.open(await do(world.start))
    await next_of(socket)
    asked: list[bool] = []

    def away(*_: Any) -> Any:
        asked.append(True)
        raise OperationalError("the server closed the connection")

    real = world.services.queries.ownerships
    monkeypatch.setattr(world.services.queries, "ownerships", away)
    monkeypatch.setattr(OPEN_SOCKETS.rota, "rests", 0.0)
    await comes(lambda: asked)
    monkeypatch.setattr(world.services.queries, "ownerships", real)
    await do(world.tick)
    assert (await next_of(socket)).version > 1
