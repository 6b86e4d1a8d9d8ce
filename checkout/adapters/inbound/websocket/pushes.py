"""Pages that have something newer to show: read together, rendered once for all who see the same.

A row that came with its hint is shown at once. All others are read: while one reading is under way,
whoever has something newer waits for the next. So hints coalesce by themselves: the more come at a
time, the more pages share a query, and of several rows only the newest is rendered.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Coroutine, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Any

from django.utils import translation

from checkout.adapters.inbound.web.fragment import announcement, render_fragment
from checkout.adapters.inbound.websocket import looking
from checkout.adapters.inbound.websocket.looking import look
from checkout.adapters.inbound.websocket.pages import LiveSocket, Seen, Shown
from checkout.adapters.inbound.websocket.reading import READING
from checkout.application.ports.outbound.checkout_queries_port import ProgressRow, ProgressView
from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable

log = logging.getLogger("checkout.socket")
AT_ONCE = 32  # pages in one reading: the first need not wait until many are read


Coming = dict[Seen, tuple[ProgressView, set[LiveSocket]]]


class Pushes:
    """The pages that wait to be shown what is true now. Used on the event loop of the sockets."""

    def __init__(self) -> None:
        self._waiting: dict[LiveSocket, None] = {}  # to be read for, in their order
        self._coming: Coming = {}  # to be rendered, but behind
        self._carried: Coming = {}  # which do not wait for the first frames of those who connect
        self._reading: asyncio.Task[None] | None = None
        self._showing: asyncio.Task[None] | None = None
        self._work: set[asyncio.Task[None]] = set()

    def want(self, socket: LiveSocket) -> None:
        """Have this page read anew, and soon."""
        self._waiting[socket] = None
        self._reading = _going_on(self._reading) or _begin(self._read_all())

    def told(self, row: ProgressRow, sockets: Iterable[LiveSocket]) -> None:
        """A row of the checkout that these pages show came with its hint.

        It is read after all for pages whose owner has to be looked at first, and where the frozen cart,
        which never travels, was not read before.
        """
        behind = [socket for socket in sockets if socket.sent < row.version]
        cart = next((socket.cart for socket in behind if socket.cart), "")
        before = time.monotonic() - looking.KNOWN_FOR_SECONDS
        known = [
            socket for socket in behind if socket.checked >= before and (cart or not row.frozen)
        ]
        for socket in set(behind).difference(known):
            self.want(socket)
        if known:
            view = row.with_cart(json.loads(cart) if cart else None)
            self._bring(view, known, self._carried)
            self._show(at_once=True)

    def apart(self, work: Coroutine[Any, Any, None]) -> None:
        """Nobody waits for it: one slow page must not hold up the others."""
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)  # a loop keeps no task alive by itself
        task.add_done_callback(self._work.discard)

    async def _read_all(self) -> None:
        while self._waiting:
            batch = list(islice(self._waiting, AT_ONCE))
            for socket in batch:
                del self._waiting[socket]
            before = time.monotonic() - looking.KNOWN_FOR_SECONDS
            if unsure := [socket for socket in batch if socket.checked < before]:
                self.apart(self._look_and_read(unsure))
            await self._read([socket for socket in batch if socket.checked >= before])

    async def _look_and_read(self, sockets: Sequence[LiveSocket]) -> None:
        await self._read(await look(sockets))

    async def _read(self, sockets: Sequence[LiveSocket]) -> None:
        """Read for these, by one query. Never raises: what fails is repeated by the comparison."""
        ids = {socket.seen.checkout_id for socket in sockets}
        try:
            views = await READING.read(partial(services().queries.progress_of, ids)) if ids else {}
        except StorageUnavailable as error:
            log.info("a push failed; the next comparison repeats it: %s", error)
            return
        except Exception:
            log.warning("a push failed; the next comparison repeats it", exc_info=True)
            return
        carts = {view.id: json.dumps(view.cart) for view in views.values() if view.cart}
        for socket in sockets:
            if (view := views.get(socket.seen.checkout_id)) is not None:
                socket.cart = carts.get(view.id, "")
                self._bring(view, [socket], self._coming)
        self._show()

    def _bring(self, view: ProgressView, sockets: Iterable[LiveSocket], queue: Coming) -> None:
        """Have it shown on these pages, unless a newer one comes before their turn."""
        for socket in sockets:
            if socket.sent < view.version:
                other, alike = queue.get(socket.seen, (view, set()))
                newest = view if view.version > other.version else other
                queue[socket.seen] = (newest, alike | {socket})

    def _show(self, at_once: bool = False) -> None:
        """Have all shown that has been brought.

        What comes alone is rendered at once: it need not wait for a step of the loop. What comes in the
        same breath waits for that step, so that of several versions only the newest is rendered.
        """
        if _going_on(self._showing) is None and (self._carried or self._coming):
            if at_once:
                self._show_next()
            self._showing = _begin(self._show_all())

    async def _show_all(self) -> None:
        """One after the other, each in its language, on the loop.

        In a thread it would take as long and hold up the loop for longer: only one of both runs at a
        time. Between two renderings the loop does whatever else there is.
        """
        while self._carried or self._coming:
            self._show_next()
            await asyncio.sleep(0)

    def _show_next(self) -> None:
        queue = self._carried or self._coming
        seen = next(iter(queue))
        view, sockets = queue.pop(seen)
        try:
            shown = rendered(view, seen.language)
        except Exception:  # of this one; the others are shown all the same
            log.warning("%s cannot be shown", seen.checkout_id, exc_info=True)
        else:
            for socket in sockets:
                self.apart(socket.show(shown))


def on_this_loop(task: asyncio.Task[None]) -> bool:
    """Whether a task belongs to the loop that runs."""
    return task.get_loop() is asyncio.get_running_loop()


def _going_on(task: asyncio.Task[None] | None) -> asyncio.Task[None] | None:
    return task if task is not None and not task.done() and on_this_loop(task) else None


def _begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work)


def rendered(view: ProgressView, language: str) -> Shown:
    """What pages in this language show of it."""
    with translation.override(language):
        html, shown = render_fragment(view)
        return Shown(view.version, html, shown.say, announcement(shown))


PUSHES = Pushes()
