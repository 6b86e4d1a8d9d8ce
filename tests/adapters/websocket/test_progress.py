"""What a socket shows: the state on connect, strictly newer ones, none twice, the last is final."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.conf import settings

from checkout.adapters.inbound.websocket.resync import OPEN_SOCKETS
from checkout.adapters.outbound.messaging.progress_hints import ProgressHints
from checkout.testing.proof.world import World
from tests.adapters.websocket.opening import Opener, comes, do, next_of, paid, until


async def test_it_goes_up_to_the_end(world: World, opener: Opener) -> None:
    socket = await opener.open(await do(world.start))
    seen = [await next_of(socket)]
    await do(world.tick)
    seen += await until(socket, "awaiting_payment")
    await paid(world)
    seen += await until(socket, "completed")
    versions = [message.version for message in seen]
    assert versions == sorted(set(versions))
    assert seen[0].state == "started"
    assert " data-final" in seen[-1].html
    assert await socket.receive_nothing(timeout=0.3)


async def test_two_sockets_show_the_same_end(world: World, opener: Opener) -> None:
    checkout = await do(world.start)
    sockets = [await opener.open(checkout), await opener.open(checkout)]
    await do(world.tick)
    await paid(world)
    ends = [(await until(socket, "completed"))[-1] for socket in sockets]
    assert ends[0].version == ends[1].version


async def test_others_are_not_told(world: World, opener: Opener) -> None:
    """A checkout's hints go to its own pages only."""
    first = await do(world.start)
    world.carts.carts["cart-2"] = world.carts.carts["cart-1"]
    socket = await opener.open(first)
    await next_of(socket)
    await do(lambda: world.start("cart-2"))
    await do(world.tick)
    assert await socket.receive_nothing(timeout=0.3)


async def test_a_hint_is_never_shown(world: World, opener: Opener) -> None:
    """A hint of a version that does not exist leads to a read, and to nothing else."""
    checkout = await do(world.start)
    socket = await opener.open(checkout)
    await next_of(socket)
    hints = ProgressHints(settings.REDIS_URL)
    for version in (999, 1, -5):
        await do(partial(hints.changed, checkout, version))
    assert await socket.receive_nothing(timeout=0.3)
    await do(world.tick)
    assert (await until(socket, "awaiting_payment"))[-1].version < 999


async def test_a_late_page_starts_with_the_newest(world: World, opener: Opener) -> None:
    checkout = await do(world.start)
    await do(world.tick)
    seen = await next_of(await opener.open(checkout))
    assert seen.state == "awaiting_payment"


async def test_money_is_shown_after_the_end(world: World, opener: Opener) -> None:
    """Late money is given back when all is over, and the open page says so."""
    socket = await opener.open(await do(world.start))
    await do(world.tick)

    def cancelled_and_taken() -> None:
        world.payments.sale = True
        world.payments.pending_refunds = True
        world.payments.pay()
        world.order("abort")
        world.run_until_quiet()

    await do(cancelled_and_taken)
    end = (await until(socket, "aborted"))[-1]
    assert "is going back to you" in end.html
    world.payments.pending_refunds = False
    await do(lambda: [world.later(600) for _ in range(4)])
    settled = await next_of(socket)
    while "was given back to you" not in settled.html:
        assert settled.state == "aborted"
        settled = await next_of(socket)
    assert settled.version > end.version


async def test_what_is_said_comes_once_and_with_something_new(world: World, opener: Opener) -> None:
    socket = await opener.open(await do(world.start))
    await do(world.tick)
    await paid(world)
    seen = await until(socket, "completed")
    said = [part for one in seen for part in [one.html.partition('<div id="say"')[2]] if part]
    assert said
    assert len(said) == len(set(said))


async def test_clients_are_not_listened_to(world: World, opener: Opener) -> None:
    checkout = await do(world.start)
    socket = await opener.open(checkout)
    first = await next_of(socket)
    await socket.send_to(text_data='{"kind": "abort"}')
    await socket.send_to(bytes_data=b"\x00\xff")
    assert await socket.receive_nothing(timeout=0.3)
    assert (await do(lambda: world.row.version)) == first.version


async def test_nothing_stays_behind_a_closed_page(world: World, opener: Opener) -> None:
    checkout = await do(world.start)
    before = len(OPEN_SOCKETS._sockets)
    socket = await opener.open(checkout)
    await next_of(socket)
    assert len(OPEN_SOCKETS._sockets) == before + 1
    await socket.disconnect()
    assert len(OPEN_SOCKETS._sockets) == before


async def test_a_lost_hint_heals(deaf_world: World, opener: Opener, quick_resync: float) -> None:
    socket = await opener.open(await do(deaf_world.start))
    await next_of(socket)
    await do(deaf_world.tick)
    await until(socket, "awaiting_payment")  # nobody else tells it


async def test_a_failed_read_is_repeated(
    deaf_world: World, opener: Opener, quick_resync: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away for a moment does not cost a socket."""
    socket = await opener.open(await do(deaf_world.start))
    await next_of(socket)
    queries = deaf_world.services.queries
    real, failures = queries.progress_of, iter([True, True])

    def broken(ids: Any) -> Any:
        if next(failures, False):
            raise ConnectionError("away")
        return real(ids)

    monkeypatch.setattr(queries, "progress_of", broken)
    await do(deaf_world.tick)
    await until(socket, "awaiting_payment")


async def test_one_query_compares_all(
    deaf_world: World, opener: Opener, quick_resync: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = await do(deaf_world.start)
    sockets = [await opener.open(checkout) for _ in range(5)]
    for socket in sockets:
        await next_of(socket)
    asked: list[int] = []
    queries = deaf_world.services.queries
    real = queries.versions

    def counted(ids: Any) -> Any:
        asked.append(len(ids))
        return real(ids)

    monkeypatch.setattr(queries, "versions", counted)
    rounds: list[int] = []
    compare = OPEN_SOCKETS.compare

    async def a_round(within: float) -> None:
        rounds.append(len(asked))
        await compare(within)

    monkeypatch.setattr(OPEN_SOCKETS, "compare", a_round)
    await comes(lambda: len(rounds) > 3)
    assert rounds == list(range(rounds[0], rounds[0] + len(rounds))), "one query in each round"
    assert set(asked) == {1}


async def test_the_configured_layer_carries_hints(
    world: World, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Redis this is the raw publish in the layer's own form; in one process, the memory layer."""
    monkeypatch.setattr(OPEN_SOCKETS, "every", 60.0)  # so that only a hint can bring it
    socket = await opener.open(await do(world.start))
    await next_of(socket)
    await do(world.tick)
    assert (await until(socket, "awaiting_payment"))[-1].state == "awaiting_payment"
