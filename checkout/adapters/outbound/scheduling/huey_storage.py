"""Huey's queue of bells: nothing is kept beside it, and on SQLite it wakes its workers."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from huey import RedisExpireHuey, SqliteHuey
from huey.storage import RedisExpireStorage, SqliteStorage

_WAIT_SECONDS = 0.5


class OnlyBells:
    """A queue whose tasks are never revoked, and have no result.

    Before and after each task Huey looks for a mark that it was revoked, which costs two more trips
    to the queue's server. A project that revokes tasks of its own gives them a queue of their own.
    """

    def peek_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The marks and results with these keys: none."""
        return {}

    def delete_data(self, key: str) -> bool:
        """Whether there was a mark or a result with this key."""
        return False


class RedisBells(OnlyBells, RedisExpireStorage):
    """The queue of the production form."""


class BellHuey(RedisExpireHuey):
    """Huey on RedisBells."""

    storage_class = RedisBells


class WakingSqliteStorage(OnlyBells, SqliteStorage):
    """SqliteStorage whose `dequeue` waits for `enqueue` of the same process.

    Huey polls SQLite with a growing pause, which would cost a shopper up to that pause at every
    ring. A task that another process stored is found at the end of the wait.
    """

    blocking = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._rung = threading.Condition()
        super().__init__(*args, **kwargs)

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Store, then wake one waiting worker."""
        super().enqueue(data, priority)
        with self._rung:
            self._rung.notify()

    def dequeue(self) -> bytes | None:
        """The next message, after a short wait for one; None when there is none."""
        with self._rung:
            found: bytes | None = super().dequeue()
            if found is None:
                self._rung.wait(_WAIT_SECONDS)
        return found if found is not None else super().dequeue()


class EmbeddedHuey(SqliteHuey):
    """Huey on WakingSqliteStorage."""

    storage_class = WakingSqliteStorage
