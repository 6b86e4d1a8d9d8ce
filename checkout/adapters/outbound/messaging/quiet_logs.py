"""An outage of Redis in the log: one line a minute and logger, not a traceback for every try.

Huey's threads and the channel layer ask a dead Redis again and again, and each writes all it knows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

EVERY_SECONDS = 60.0
OUTAGES = (RedisConnectionError, RedisTimeoutError)


class QuietOutages(logging.Filter):
    """For a handler in LOGGING. Everything that is no outage of Redis passes as it is."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._next: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is written; an outage without its traceback."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, OUTAGES):
            return True
        now = self._clock()
        if now < self._next.get(record.name, 0.0):
            return False
        self._next[record.name] = now + EVERY_SECONDS
        record.msg = f"{record.getMessage()} {error} (told once a minute)"
        record.args, record.exc_info, record.exc_text = (), None, None
        return True
