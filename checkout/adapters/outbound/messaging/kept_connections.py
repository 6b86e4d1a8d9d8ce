"""Commands to Redis for little CPU, over connections that are kept, and nobody waits for the answer.

redis-py's client does for each command what its pool, repetitions and statistics need: more than
sending it costs. Waiting for the answer puts the thread to sleep and wakes it up again.
"""

from __future__ import annotations

import os
from collections import deque
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


class KeptConnections:
    """As many connections as threads need at a time; each is used by one thread at a time."""

    def __init__(self, url: str, seconds: float) -> None:
        """Neither connecting nor an answer may take longer than so many seconds."""
        self._pool = redis.ConnectionPool.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
        )
        self._idle: deque[Any] = deque()  # to each belongs one answer that was not read yet

    def tell(self, *command: str | bytes) -> None:
        """Send a command. Raises redis.RedisError.

        The answer is read before the connection's next command, and is there by then: a refusal and a
        server that has fallen silent are found out one command late. If the connection was closed
        meanwhile, the command is sent over a new one, and the others, as old, are let go.
        """
        kept = self._kept()
        if kept is not None:
            try:
                kept.read_response()
                kept.can_read()  # tells, at once, whether it was closed after that
                self._send(kept, command)
                return
            except redis.ConnectionError:
                self._idle.clear()
            except redis.TimeoutError:
                self._idle.clear()  # they went dead together, and each would cost a hint
                raise
        new = self._pool.connection_class(**self._pool.connection_kwargs)
        new.connect()
        self._send(new, command)

    def _kept(self) -> Any:
        """One of this process: what was opened before a fork is the parent's."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if connection.pid == os.getpid():
                return connection
        return None

    def _send(self, connection: Any, command: tuple[str | bytes, ...]) -> None:
        """Send, and keep the connection if that went well; else nobody uses it again."""
        connection.send_packed_command(connection.pack_command(*command), check_health=False)
        self._idle.append(connection)
