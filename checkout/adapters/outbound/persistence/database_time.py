"""Time is the database's: one clock for all processes. Tests shift it; nothing else does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Expression
from django.db.models.functions import Now

from checkout.adapters.outbound.persistence.storage import storage


class _Shift:
    """How far tests have moved the clock."""

    by = timedelta(0)


def database_now() -> Expression:
    """The expression for "now" in a query."""
    return Now() + _Shift.by if _Shift.by else Now()


def ahead() -> timedelta:
    """How far tests have moved the clock, for a statement that names it itself."""
    return _Shift.by


def read_now() -> datetime:
    """The database's time, read in a query of its own. Raises StorageUnavailable."""
    with storage(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')")
            (text,) = cursor.fetchone()
            return datetime.fromisoformat(text).replace(tzinfo=UTC) + _Shift.by
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    moment: datetime = now.astimezone(UTC) + _Shift.by
    return moment


def carried_on(now: datetime) -> Callable[[], datetime]:
    """A clock that goes on from a moment that the database told, without asking it again."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began)


@contextmanager
def shifted(seconds: float) -> Iterator[None]:
    """For tests: the database's clock is so many seconds ahead, on top of any other shift."""
    before = _Shift.by
    _Shift.by = before + timedelta(seconds=seconds)
    try:
        yield
    finally:
        _Shift.by = before
