"""The open sockets of a web process: hints reach them here, and what no hint told is found here.

One subscription and one query every few seconds for the whole process, none per socket. Both start
with the first socket and end with the last.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Protocol

from channels.db import database_sync_to_async

from checkout.adapters.inbound.websocket.hearing import hear
from checkout.bootstrap import services
from checkout.domain.value_objects.checkout_id import CheckoutId, parse_checkout_id

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

log = logging.getLogger("checkout.socket")
EVERY_SECONDS = 3.0
CHECK_SECONDS = 300.0  # after so long, whose a socket is is looked at again
AT_ONCE = 500  # ids in one query; more sockets than that are asked about in several


class LiveSocket(Protocol):
    """What the comparison needs to know of a socket."""

    checkout_id: CheckoutId
    sent: int
    checked: float

    async def push(self) -> None:
        """Read again and send what is newer."""

    async def check(self) -> None:
        """Close unless it may still be seen by whoever opened it."""


class OpenSockets:
    """The open sockets of this process by checkout, and the tasks that keep them up to date."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        self.every = every
        self.check_every = CHECK_SECONDS
        self._sockets: dict[CheckoutId, set[LiveSocket]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._work: set[asyncio.Task[None]] = set()

    def add(self, socket: LiveSocket) -> None:
        """Watch over this socket. Called on the event loop of the sockets."""
        self._sockets.setdefault(socket.checkout_id, set()).add(socket)
        if not self._tasks or not self._on_this_loop(self._tasks[0]):
            loop = asyncio.get_running_loop()
            work = (self._compare_always(), hear(self.heard, self.compare))
            self._tasks = [loop.create_task(each) for each in work]

    def discard(self, socket: LiveSocket) -> None:
        """This socket is gone; with the last one the comparing and hearing end."""
        others = self._sockets.get(socket.checkout_id, set())
        others.discard(socket)
        if not others:
            self._sockets.pop(socket.checkout_id, None)
        if not self._sockets:
            for task in filter(self._on_this_loop, self._tasks):
                task.cancel()
            self._tasks = []

    def heard(self, hint: dict[str, Any]) -> None:
        """A hint. What it says of a version only spares a read of what was sent already."""
        for socket in self._sockets.get(parse_checkout_id(hint["checkout"]), ()):
            if hint["version"] > socket.sent:
                self._push(socket)

    async def compare(self) -> None:
        """Have every socket that lags read again."""
        ids = list(self._sockets)
        for first in range(0, len(ids), AT_ONCE):
            current = await self._versions(ids[first : first + AT_ONCE])
            for checkout_id, version in current.items():
                for socket in self._sockets.get(checkout_id, ()):
                    if version > socket.sent:
                        self._push(socket)

    def check(self) -> None:
        """Have those looked at again whose last look is too long ago, changes or not."""
        before = time.monotonic() - self.check_every
        for socket in (each for sockets in self._sockets.values() for each in sockets):
            if socket.checked < before:
                self._apart(socket.check())

    def _push(self, socket: LiveSocket) -> None:
        self._apart(socket.push())

    def _apart(self, work: Coroutine[Any, Any, None]) -> None:
        """Nobody waits for it: one slow page must not hold up the others."""
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)  # a loop keeps no task alive by itself
        task.add_done_callback(self._work.discard)

    def _on_this_loop(self, task: asyncio.Task[None]) -> bool:
        return task.get_loop() is asyncio.get_running_loop()

    async def _compare_always(self) -> None:
        answers = True
        while True:
            await asyncio.sleep(self.every)
            try:
                await self.compare()
                self.check()
                answers = True
            except Exception as error:
                if answers:
                    log.warning("the open pages cannot be compared for now: %s", error)
                answers = False

    async def _versions(self, ids: list[CheckoutId]) -> Mapping[CheckoutId, int]:
        return await database_sync_to_async(services().queries.versions, thread_sensitive=False)(
            ids
        )


OPEN_SOCKETS = OpenSockets()
