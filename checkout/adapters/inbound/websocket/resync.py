"""Healing lost hints: each web process compares all its open sockets with the read model.

One query every few seconds for the whole process, none per socket. It starts with the first socket
and ends with the last.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from channels.db import database_sync_to_async

from checkout.bootstrap import services
from checkout.domain.value_objects.checkout_id import CheckoutId

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger("checkout.socket")
EVERY_SECONDS = 3.0
AT_ONCE = 500  # ids in one query; more sockets than that are asked about in several


class LiveSocket(Protocol):
    """What the comparison needs to know of a socket."""

    checkout_id: CheckoutId
    sent: int

    async def push(self) -> None:
        """Read again and send what is newer."""


class OpenSockets:
    """The open sockets of this process, and the task that compares them."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        self.every = every
        self._sockets: set[LiveSocket] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, socket: LiveSocket) -> None:
        """Watch over this socket. Called on the event loop of the sockets."""
        self._sockets.add(socket)
        if self._task is None or self._task.done() or not self._on_this_loop(self._task):
            self._task = asyncio.get_running_loop().create_task(self._run())

    def discard(self, socket: LiveSocket) -> None:
        """This socket is gone; with the last one the comparing ends."""
        self._sockets.discard(socket)
        if not self._sockets and self._task is not None:
            if self._on_this_loop(self._task):
                self._task.cancel()
            self._task = None

    def _on_this_loop(self, task: asyncio.Task[None]) -> bool:
        return task.get_loop() is asyncio.get_running_loop()

    async def _run(self) -> None:
        while self._sockets:
            await asyncio.sleep(self.every)
            try:
                await self.compare()
            except Exception:
                log.warning("the open sockets could not be compared", exc_info=True)

    async def compare(self) -> None:
        """Have every socket that lags read again."""
        sockets = list(self._sockets)
        ids = list({socket.checkout_id for socket in sockets})
        for first in range(0, len(ids), AT_ONCE):
            current = await self._versions(ids[first : first + AT_ONCE])
            for socket in sockets:
                if current.get(socket.checkout_id, 0) > socket.sent:
                    await socket.push()

    async def _versions(self, ids: list[CheckoutId]) -> Mapping[CheckoutId, int]:
        return await database_sync_to_async(services().queries.versions, thread_sensitive=False)(
            ids
        )


OPEN_SOCKETS = OpenSockets()
