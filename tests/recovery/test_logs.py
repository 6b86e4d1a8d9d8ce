"""An outage fills no log: the reader finds it, and still finds everything else."""

from __future__ import annotations

import logging
import sys

from redis.exceptions import ConnectionError as RedisConnectionError

from checkout.adapters.outbound.messaging.quiet_logs import EVERY_SECONDS, QuietOutages


class Clock:
    """Seconds that a test lets pass."""

    now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def record(error: Exception | None, name: str = "huey.consumer") -> logging.LogRecord:
    """What a logger makes of `log.exception("Error reading %s", "queue")`."""
    try:
        if error is not None:
            raise error
    except Exception:
        told = sys.exc_info()
    else:
        told = (None, None, None)
    exc_info = told if error is not None else None
    return logging.LogRecord(name, logging.ERROR, "", 1, "Error reading %s", ("queue",), exc_info)


def test_an_outage_is_one_line_a_minute_and_logger() -> None:
    clock = Clock()
    quiet = QuietOutages(clock)
    gone = RedisConnectionError("Error 111 connecting to redis:6379")
    first = record(gone)
    assert quiet.filter(first)
    assert first.exc_info is None
    assert "Error reading queue Error 111" in first.getMessage()
    assert not any(quiet.filter(record(gone)) for _ in range(50))
    assert quiet.filter(record(gone, "channels_redis.pubsub"))
    clock.now += EVERY_SECONDS
    assert quiet.filter(record(gone))


def test_everything_else_is_told_in_full() -> None:
    quiet = QuietOutages()
    for _ in range(3):
        bug = record(ZeroDivisionError("a bug"))
        assert quiet.filter(bug)
        assert bug.exc_info is not None
        assert quiet.filter(record(None))
