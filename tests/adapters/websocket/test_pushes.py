"""Many pages are read and rendered together: what is the same once, and none at another's cost."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db.backends.signals import connection_created

from checkout.adapters.inbound.access import Actor
from checkout.adapters.inbound.web import fragment
from checkout.adapters.inbound.websocket import pushes
from checkout.adapters.inbound.websocket.pages import Seen, Shown
from checkout.adapters.inbound.websocket.pushes import PUSHES
from checkout.adapters.inbound.websocket.reading import READING
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.world import World
from tests.adapters.websocket.opening import Opener, comes, do, until


class Page:
    """An open page that notes what it is shown."""

    def __init__(self, checkout_id: CheckoutId, language: str = "en") -> None:
        self.seen = Seen(checkout_id, language)
        self.sent = 0
        self.checked = float("inf")
        self.cart = ""
        self.away = False
        self.shown: list[Shown] = []

    async def show(self, shown: Shown) -> None:
        """Note it."""
        self.sent = shown.version
        self.shown.append(shown)

    def speaks_for(self) -> Actor | None:
        """The browser that has started it."""
        return Actor(owner_id="browser")

    async def send_away(self) -> None:
        """It is told that it is not its own."""
        self.away = True


@pytest.fixture(autouse=True)
def hung_up() -> Iterator[None]:
    """No connection outlives the test, though no socket was registered."""
    yield
    READING.hang_up()


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[CheckoutId]:
    """Every fragment that is rendered."""
    found: list[CheckoutId] = []
    render = fragment.render_fragment

    def noted(view: Any) -> Any:
        found.append(view.id)
        return render(view)

    monkeypatch.setattr(pushes, "render_fragment", noted)
    return found


@pytest.fixture
def read(world: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of how many checkouts each query asked."""
    found: list[int] = []
    queries = world.services.queries
    progress_of = queries.progress_of

    def noted(ids: Iterable[CheckoutId]) -> Any:
        found.append(len(list(ids)))
        return progress_of(ids)

    monkeypatch.setattr(queries, "progress_of", noted)
    return found


async def started(world: World, count: int) -> list[CheckoutId]:
    """So many checkouts."""
    for number in range(count):
        world.carts.carts[f"cart-{number}"] = world.carts.carts["cart-1"]
    return [await do(partial(world.start, f"cart-{n}")) for n in range(count)]


async def test_many_pages_share_a_query_and_what_is_the_same_is_rendered_once(
    world: World, rendered: list[CheckoutId], read: list[int]
) -> None:
    first, second = await started(world, 2)
    pages = [Page(first), Page(first), Page(first, "de"), Page(second)]
    for page in pages:
        PUSHES.want(page)
    await comes(lambda: all(page.shown for page in pages))
    assert read == [2]
    assert sorted(rendered) == sorted([first, first, second])
    assert pages[0].shown == pages[1].shown != pages[2].shown


async def test_no_more_than_some_pages_wait_for_each_other(
    world: World, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "AT_ONCE", 2)
    pages = [Page(checkout) for checkout in await started(world, 5)]
    for page in pages:
        PUSHES.want(page)
    await comes(lambda: all(page.shown for page in pages))
    assert read == [2, 2, 1]


async def test_what_is_wanted_during_a_reading_is_read_in_the_next(
    world: World, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any number of hints cause one more reading, and none is lost."""
    (checkout,) = await started(world, 1)
    page, goes_on = Page(checkout), Event()
    queries = world.services.queries
    progress_of = queries.progress_of

    def slow(ids: Any) -> Any:
        found = progress_of(ids)
        goes_on.wait()
        return found

    monkeypatch.setattr(queries, "progress_of", slow)
    PUSHES.want(page)
    await comes(lambda: read)
    await do(world.tick)  # after the first has read
    for _ in range(5):
        PUSHES.want(page)
    goes_on.set()
    await comes(lambda: len(page.shown) == 2)
    assert [shown.version for shown in page.shown] == [1, await do(lambda: world.row.version)]
    assert len(read) == 2


async def test_what_was_sent_is_not_rendered_again(
    world: World, rendered: list[CheckoutId], read: list[int]
) -> None:
    (checkout,) = await started(world, 1)
    page = Page(checkout)
    page.sent = 1
    PUSHES.want(page)
    await comes(lambda: read)
    await asyncio.sleep(0.1)
    assert not rendered
    assert not page.shown


async def test_who_has_to_be_known_again_shares_the_query_too(
    world: World, read: list[int]
) -> None:
    pages = [Page(checkout) for checkout in await started(world, 3)]
    for page in pages:
        page.checked = float("-inf")
        PUSHES.want(page)
    await comes(lambda: all(page.shown for page in pages))
    assert read == [3]


async def test_one_that_cannot_be_shown_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = await started(world, 2)
    render = fragment.render_fragment

    def broken(view: Any) -> Any:
        if view.id == bad:
            raise KeyError("a word that there is not")
        return render(view)

    monkeypatch.setattr(pushes, "render_fragment", broken)
    pages = [Page(bad), Page(good)]
    with caplog.at_level(logging.WARNING):
        for page in pages:
            PUSHES.want(page)
        await comes(lambda: pages[1].shown)
    assert not pages[0].shown
    assert f"{bad} cannot be shown" in caplog.text


async def test_a_slow_page_holds_up_no_other(world: World) -> None:
    class Slow(Page):
        async def show(self, shown: Shown) -> None:
            await asyncio.Event().wait()

    (checkout,) = await started(world, 1)
    slow, quick = Slow(checkout), Page(checkout)
    PUSHES.want(slow)
    PUSHES.want(quick)
    await comes(lambda: quick.shown)
    for task in PUSHES._work:
        task.cancel()


@pytest.fixture
def connections() -> Iterator[dict[str, Any]]:
    """Every connection to the database by the thread that made it, the last of each."""
    found: dict[str, Any] = {}

    def note(**about: Any) -> None:
        name = threading.current_thread().name
        assert found.get(name) is None or "checkout-sockets" not in name, "a second one is made"
        found[name] = about["connection"]

    connection_created.connect(note)
    yield found
    connection_created.disconnect(note)


async def test_all_sockets_read_over_one_connection_and_leave_none(
    world: World, opener: Opener, quick_resync: float, connections: dict[str, Any]
) -> None:
    checkout = await do(world.start)
    connections.clear()
    sockets = [await opener.open(checkout) for _ in range(3)]
    await do(world.tick)
    for socket in sockets:
        await until(socket, "awaiting_payment")
    await asyncio.sleep(2 * quick_resync)
    (name,) = [name for name in connections if "checkout-sockets" in name]
    assert not [name for name in connections if name.startswith("asyncio")]
    await opener.close_all()
    await comes(lambda: connections[name].connection is None)
