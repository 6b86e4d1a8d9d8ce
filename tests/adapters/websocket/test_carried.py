"""Rows that come with their hints are shown without a query; whatever else comes leads to one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.conf import settings

from checkout.adapters.inbound.access import Actor
from checkout.adapters.inbound.websocket import pushes
from checkout.adapters.inbound.websocket.pages import Shown
from checkout.adapters.inbound.websocket.pushes import PUSHES, Pushes
from checkout.adapters.inbound.websocket.resync import OPEN_SOCKETS
from checkout.adapters.outbound.messaging.progress_hints import ProgressHints
from checkout.adapters.outbound.messaging.progress_message import hint_message, row_of
from checkout.application.ports.outbound.checkout_queries_port import ProgressRow
from checkout.domain.value_objects.checkout_id import CheckoutId, new_checkout_id
from checkout.testing.builders import snapshot
from checkout.testing.proof.world import World
from tests.adapters.websocket.opening import Opener, Socket, comes, do, next_of, paid, until
from tests.adapters.websocket.test_pushes import Page, started

Hint = dict[str, Any]


@pytest.fixture
def read(world: World, monkeypatch: pytest.MonkeyPatch) -> list[CheckoutId]:
    """Every checkout whose row was read."""
    found: list[CheckoutId] = []
    queries = world.services.queries
    progress_of = queries.progress_of

    def noted(ids: Any) -> Any:
        found.extend(ids)
        return progress_of(ids)

    monkeypatch.setattr(queries, "progress_of", noted)
    return found


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Hint]:
    """Every hint that is heard."""
    found: list[Hint] = []
    heard = OPEN_SOCKETS.heard

    def noted(hint: Hint) -> None:
        found.append(hint)
        heard(hint)

    monkeypatch.setattr(OPEN_SOCKETS, "heard", noted)
    monkeypatch.setattr(OPEN_SOCKETS, "every", 60.0)  # so that only a hint can bring it
    return found


async def payable(world: World, opener: Opener) -> Socket:
    """An open page that can be paid, which knows the frozen cart by now."""
    socket = await opener.open(await do(world.start))
    await do(world.tick)
    await until(socket, "awaiting_payment")
    return socket


async def row_now(world: World) -> ProgressRow:
    """The stored row."""
    view = await do(lambda: world.services.queries.progress(world.known))
    frozen = view.cart is not None
    return ProgressRow(
        view.id, view.version, view.state, view.body, frozen, view.created_at, view.updated_at
    )


async def test_the_end_is_shown_without_a_query(
    told: list[Hint], world: World, opener: Opener, read: list[CheckoutId]
) -> None:
    socket = await payable(world, opener)
    read.clear()
    await paid(world)
    end = (await until(socket, "completed"))[-1]
    assert not read
    assert "Mug" in end.html, "with the receipt"
    late = await next_of(await opener.open(world.known))
    assert end.html.startswith(late.html), "and a page that reads shows the same"
    assert told


async def test_a_cart_that_was_not_read_yet_is(
    told: list[Hint], world: World, opener: Opener, read: list[CheckoutId]
) -> None:
    """Its row may travel, and the cart never does."""
    socket = await opener.open(await do(world.start))
    assert "Mug" not in (await next_of(socket)).html
    read.clear()
    await do(world.tick)
    seen = await until(socket, "awaiting_payment")
    assert read
    assert all("Mug" in message.html for message in seen)


@pytest.mark.parametrize(
    "forge",
    [
        lambda hint: {**hint, "row": hint["row"].replace("completed", "aborted")},
        lambda hint: {**hint, "row": hint["row"][:-9]},
        lambda hint: {**hint, "signature": "0" * 64},
    ],
)
async def test_a_forged_row_is_never_shown(
    told: list[Hint], world: World, opener: Opener, forge: Callable[[Hint], Hint]
) -> None:
    """Whoever can publish can make us read, and nothing else."""
    socket = await payable(world, opener)
    row = await row_now(world)
    body = {**row.body, "payment": {**row.body["payment"], "action": None}}
    forged = replace(row, version=row.version + 9, state="completed", body=body)
    hint = hint_message(row.id, forged.version, forged)
    assert row_of(hint) == forged
    OPEN_SOCKETS.heard(forge(hint))
    assert await socket.receive_nothing(timeout=0.3)
    OPEN_SOCKETS.heard({**hint, "version": -1})
    shown = await next_of(socket)
    assert shown.version == forged.version, "what is signed counts, not what stands beside it"


async def test_a_row_of_another_checkout_is_not_shown(
    told: list[Hint], world: World, opener: Opener
) -> None:
    socket = await payable(world, opener)
    row = await row_now(world)
    body = {**row.body, "payment": {**row.body["payment"], "action": None}}
    (other,) = await started(world, 1)
    hint = hint_message(other, 99, replace(row, id=other, version=99, body=body))
    OPEN_SOCKETS.heard({**hint, "checkout": str(row.id)})
    assert await socket.receive_nothing(timeout=0.3)


@pytest.mark.parametrize(
    "hint",
    [{}, {"checkout": 7, "version": 1}, {"checkout": "no", "version": 1}, {"version": 1}],
)
async def test_what_says_nothing_is_passed_over(hint: Hint) -> None:
    OPEN_SOCKETS.heard(hint)


async def test_garbage_does_not_end_the_hearing(
    told: list[Hint], world: World, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = await opener.open(await do(world.start))
    await next_of(socket)
    await comes(lambda: OPEN_SOCKETS._tasks)
    layer: Any = get_channel_layer()
    receive, broken = layer.receive, iter([True])

    async def cut_off(channel: str) -> Any:
        found = await receive(channel)
        if next(broken, False):
            raise ValueError("Unpack failed: incomplete input")
        return found

    monkeypatch.setattr(layer, "receive", cut_off, raising=False)
    await do(lambda: ProgressHints(settings.REDIS_URL).changed(world.known, 1))
    await do(lambda: ProgressHints(settings.REDIS_URL).changed(world.known, 1))
    await do(world.tick)
    await until(socket, "awaiting_payment")


class Shows(Page):
    """A page that was read before."""

    def __init__(self, row: ProgressRow) -> None:
        super().__init__(row.id)
        self.sent, self.cart = row.version, json.dumps(snapshot().to_json())


async def test_a_row_is_rendered_at_once_and_of_several_more_only_the_newest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await do(world.start)
    await do(world.tick)
    row = await row_now(world)
    drawn: list[int] = []
    render = pushes.rendered

    def noted(view: Any, language: str) -> Any:
        drawn.append(view.version)
        return render(view, language)

    monkeypatch.setattr(pushes, "rendered", noted)
    page, pages = Shows(row), Pushes()
    for ahead in (1, 2, 4, 3):
        pages.told(replace(row, version=row.version + ahead), [page])
        assert drawn == [row.version + 1], "the first before anything else is done"
    await comes(lambda: len(page.shown) == 2)
    assert drawn == [row.version + 1, row.version + 4]
    pages.told(replace(row, version=row.version + 2), [page])
    assert not pages._carried, "it shows a newer one"


async def test_a_push_does_not_wait_for_those_who_connect(world: World) -> None:
    await do(world.start)
    row = await row_now(world)
    pages, order = Pushes(), []

    class Notes(Shows):
        async def show(self, shown: Shown) -> None:
            await super().show(shown)
            order.append(self)

    page = Notes(row)
    others = [Notes(replace(row, id=new_checkout_id())) for _ in range(5)]
    for other in others:
        view = replace(row, id=other.seen.checkout_id, version=row.version + 1).with_cart(None)
        pages._bring(view, [other], pages._coming)
    pages.told(replace(row, version=row.version + 1), [page])
    await comes(lambda: len(order) == 6)
    assert order == [page, *others]


async def test_who_was_not_looked_at_for_long_is_looked_at_before(
    world: World, read: list[CheckoutId]
) -> None:
    class Stranger(Shows):
        def speaks_for(self) -> Actor | None:
            return Actor(owner_id="another browser")

    await do(world.start)
    row = await row_now(world)
    page, known = Stranger(row), Shows(row)
    read.clear()
    page.checked = float("-inf")
    PUSHES.told(replace(row, version=row.version + 1), [page, known])
    await comes(lambda: known.shown and page.away)
    assert not page.shown
    assert not read
