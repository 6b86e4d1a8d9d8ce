"""The open sockets of a web process: hints reach them here, and what no hint told is found here.

One subscription and one query every few seconds for the whole process, none per socket. Both start
with the first socket and end with the last.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from checkout.adapters.inbound.websocket.hearing import hear
from checkout.adapters.inbound.websocket.looking import Rota, look
from checkout.adapters.inbound.websocket.pages import LiveSocket
from checkout.adapters.inbound.websocket.pushes import PUSHES, on_this_loop
from checkout.adapters.inbound.websocket.reading import READING
from checkout.adapters.outbound.messaging.progress_message import row_of
from checkout.bootstrap import services
from checkout.domain.value_objects.checkout_id import CheckoutId, parse_checkout_id

log = logging.getLogger("checkout.socket")
EVERY_SECONDS = 3.0
AT_ONCE = 250  # ids in one query; more sockets than that are asked about in several


class OpenSockets:
    """The open sockets of this process by checkout, and the tasks that keep them up to date."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        self.every = every
        self.rota = Rota()
        self._sockets: dict[CheckoutId, set[LiveSocket]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, socket: LiveSocket) -> None:
        """Watch over this socket. Called on the event loop of the sockets."""
        self._sockets.setdefault(socket.seen.checkout_id, set()).add(socket)
        self.rota.add(socket)
        if not self._tasks or not on_this_loop(self._tasks[0]):
            loop = asyncio.get_running_loop()
            work = (self._compare_always(), self._look_always(), hear(self.heard, self.compare))
            self._tasks = [loop.create_task(each) for each in work]

    def discard(self, socket: LiveSocket) -> None:
        """This socket is gone; with the last one the comparing, hearing and reading end."""
        others = self._sockets.get(socket.seen.checkout_id, set())
        others.discard(socket)
        self.rota.discard(socket)
        if not others:
            self._sockets.pop(socket.seen.checkout_id, None)
        if not self._sockets:
            for task in filter(on_this_loop, self._tasks):
                task.cancel()
            self._tasks = []
            READING.hang_up()

    def heard(self, hint: Mapping[str, Any]) -> None:
        """A hint. Without a row of ours it can only cause a read, and spare one of what was sent."""
        try:
            checkout_id, version = parse_checkout_id(str(hint["checkout"])), int(hint["version"])
        except (LookupError, TypeError, ValueError):
            return  # nobody can say of what; it is found by comparing
        sockets = self._sockets.get(checkout_id)
        if not sockets:
            return
        row = row_of(hint)
        if row is None or row.id != checkout_id:
            self._lags(checkout_id, version)
        else:
            PUSHES.told(row, sockets)

    async def compare(self, within: float = 0.0) -> None:
        """Have every socket that lags read again; ask about them evenly, within so many seconds."""
        ids = list(self._sockets)
        parts = [ids[first : first + AT_ONCE] for first in range(0, len(ids), AT_ONCE)]
        for part in parts:
            await asyncio.sleep(within / len(parts))
            current = await READING.read(partial(services().queries.versions, part))
            for checkout_id, version in current.items():
                self._lags(checkout_id, version)

    def _lags(self, checkout_id: CheckoutId, version: int) -> None:
        for socket in self._sockets.get(checkout_id, ()):
            if version > socket.sent:
                PUSHES.want(socket)

    async def _compare_always(self) -> None:
        answers = True
        while True:
            began = time.monotonic()
            try:
                await self.compare(self.every)
                answers = True
            except Exception as error:
                if answers:
                    log.warning("the open pages cannot be compared for now: %s", error)
                answers = False
            await asyncio.sleep(max(0.0, self.every - (time.monotonic() - began)))

    async def _look_always(self) -> None:
        took = 0.0
        while True:  # with very many pages a look may take as long as the pause
            await asyncio.sleep(max(0.0, min(self.every, self.rota.pause()) - took))
            began = time.monotonic()
            await look(self.rota.next())
            took = time.monotonic() - began


OPEN_SOCKETS = OpenSockets()
