"""Huey's queue for the embedded form: SQLite that wakes its workers instead of being polled."""

from __future__ import annotations

import threading
from typing import Any

from huey import SqliteHuey
from huey.storage import SqliteStorage

_WAIT_SECONDS = 0.5


class WakingSqliteStorage(SqliteStorage):
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
