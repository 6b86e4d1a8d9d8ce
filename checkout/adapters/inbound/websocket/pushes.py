"""Pages that have something newer to show: read together, rendered once for all who see the same.

While one reading is under way, whoever has something newer waits for the next. So hints coalesce by
themselves: the more come at a time, the more pages share a query.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, Protocol

from django.utils import translation

from checkout.adapters.inbound.web.fragment import announcement, render_fragment
from checkout.adapters.inbound.websocket.reading import READING
from checkout.application.ports.outbound.checkout_queries_port import ProgressView
from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable
from checkout.domain.value_objects.checkout_id import CheckoutId

log = logging.getLogger("checkout.socket")
KNOWN_FOR_SECONDS = 60.0  # so long a push relies on the last look at whose it is
AT_ONCE = 32  # pages in one reading: the first need not wait until many are rendered


class Seen(NamedTuple):
    """Which checkout a page shows, in which language."""

    checkout_id: CheckoutId
    language: str


class Shown(NamedTuple):
    """What all pages show that see the same: the fragment, what is said of it, and the speaking."""

    version: int
    html: str
    say: str
    announcement: str


class LiveSocket(Protocol):
    """What is to be known of an open page."""

    seen: Seen
    sent: int
    checked: float

    async def show(self, shown: Shown) -> None:
        """Send it if it is newer than what was sent. Never raises."""

    async def check(self) -> bool:
        """Whether it may still be seen by whoever opened it; closes it if not. Never raises."""


class Pushes:
    """The pages that wait to be shown what is true now. Used on the event loop of the sockets."""

    def __init__(self) -> None:
        self._waiting: dict[LiveSocket, None] = {}  # in their order
        self._reading: asyncio.Task[None] | None = None
        self._work: set[asyncio.Task[None]] = set()

    def want(self, socket: LiveSocket) -> None:
        """Have this page read anew, and soon."""
        self._waiting[socket] = None
        if self._reading is None or self._reading.done() or not on_this_loop(self._reading):
            self._reading = asyncio.get_running_loop().create_task(self._show_all())

    def apart(self, work: Coroutine[Any, Any, None]) -> None:
        """Nobody waits for it: one slow page must not hold up the others."""
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)  # a loop keeps no task alive by itself
        task.add_done_callback(self._work.discard)

    async def _show_all(self) -> None:
        while self._waiting:
            batch = list(islice(self._waiting, AT_ONCE))
            for socket in batch:
                del self._waiting[socket]
            before = time.monotonic() - KNOWN_FOR_SECONDS
            if unsure := [socket for socket in batch if socket.checked < before]:
                self.apart(self._check_and_show(unsure))
            await self._show([socket for socket in batch if socket.checked >= before])

    async def _check_and_show(self, sockets: Iterable[LiveSocket]) -> None:
        await self._show([socket for socket in sockets if await socket.check()])

    async def _show(self, sockets: Sequence[LiveSocket]) -> None:
        """Read for these and send. Never raises: what fails is repeated by the comparison."""
        newer_than: dict[Seen, int] = {}
        for socket in sockets:
            newer_than[socket.seen] = min(socket.sent, newer_than.get(socket.seen, socket.sent))
        try:
            found = await READING.read(partial(read_shown, newer_than)) if newer_than else {}
        except StorageUnavailable as error:
            log.info("a push failed; the next comparison repeats it: %s", error)
            return
        except Exception:
            log.warning("a push failed; the next comparison repeats it", exc_info=True)
            return
        for socket in sockets:
            if socket.seen in found:
                self.apart(socket.show(found[socket.seen]))


def on_this_loop(task: asyncio.Task[None]) -> bool:
    """Whether a task belongs to the loop that runs."""
    return task.get_loop() is asyncio.get_running_loop()


def read_shown(newer_than: Mapping[Seen, int]) -> dict[Seen, Shown]:
    """What is to be shown where something newer than that version is true: one query for all."""
    views = services().queries.progress_of({seen.checkout_id for seen in newer_than})
    found = {}
    for seen, version in newer_than.items():
        view = views.get(seen.checkout_id)
        if view is not None and view.version > version:
            try:
                found[seen] = _render(view, seen.language)
            except Exception:  # of this one; the others are shown all the same
                log.warning("%s cannot be shown", seen.checkout_id, exc_info=True)
    return found


def _render(view: ProgressView, language: str) -> Shown:
    with translation.override(language):
        html, shown = render_fragment(view)
        return Shown(view.version, html, shown.say, announcement(shown))


PUSHES = Pushes()
