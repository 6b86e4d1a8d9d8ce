"""All sockets of a web process read in one thread, over one connection that is kept.

A thread and a connection for each read would cost many times the read. One thread is enough, since
what many pages want is read in one query (`pushes`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

from checkout.adapters.inbound.connections import close_connections, kept_connections
from checkout.adapters.outbound.persistence.storage import storage
from checkout.domain.exceptions import StorageUnavailable

REST_SECONDS = 1.0  # so long nobody tries again, after a connection could not be made
Found = TypeVar("Found")


class ReadingThread:
    """Reads one thing after the other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "checkout-sockets")
        self._resting_until = 0.0

    async def read(self, work: Callable[[], Found]) -> Found:
        """What `work` reads; it changes nothing, for it may be done twice. Raises StorageUnavailable.

        That a kept connection has died is found out by using it: then a new one is asked, once.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._read, work)

    def hang_up(self) -> None:
        """Nobody is left to read for; the connection is made anew when somebody comes."""
        self._thread.submit(close_connections)

    def _read(self, work: Callable[[], Found]) -> Found:
        with kept_connections():
            kept = self._connect()
            try:
                with storage():
                    return work()
            except StorageUnavailable:
                if not kept:
                    raise
            connection.close()
            self._connect()
            with storage():
                return work()

    def _connect(self) -> bool:
        """Whether the connection was there already.

        Where none could be made just now the answer comes at once: those who wait in line do not
        each wait for a server that is away.
        """
        if connection.connection is not None:
            return True
        if time.monotonic() < self._resting_until:
            raise StorageUnavailable("The database could not be reached a moment ago.")
        try:
            with storage():
                connection.ensure_connection()
        except StorageUnavailable:
            self._resting_until = time.monotonic() + REST_SECONDS
            raise
        return False


READING = ReadingThread()
