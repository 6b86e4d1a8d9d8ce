"""Time is the database's: one clock for all processes. Tests shift it; nothing else does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Expression
from django.db.models.functions import Now
from django.db.models.sql import Query

from checkout.adapters.outbound.persistence.statements import Statement
from checkout.adapters.outbound.persistence.storage import storage

_CLOCK = {  # the time of this very moment, where `Now` is that of the statement's beginning
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')",
    "postgresql": "clock_timestamp()",
}


class _Shift:
    """How far tests have moved the clock."""

    by = timedelta(0)


def database_now() -> Expression:
    """The expression for "now" in a query."""
    return Now() + _Shift.by if _Shift.by else Now()


def now_sql(later: timedelta = timedelta(0)) -> Statement:
    """The same as SQL, so much later."""
    return _now_sql(_Shift.by + later)


@lru_cache(maxsize=64)
def _now_sql(later: timedelta) -> Statement:
    query: Query = Query(None)
    now = (Now() + later if later else Now()).resolve_expression(query)
    sql, values = query.get_compiler(connection=connection).compile(now)
    return Statement(sql, tuple(values))


def clock_sql() -> str:
    """The clock as SQL; what it says is for `clock_said`."""
    return _CLOCK[connection.vendor]


def clock_said(told: Any) -> datetime:
    """What the clock said, as a time."""
    if isinstance(told, str):
        return datetime.fromisoformat(told).replace(tzinfo=UTC) + _Shift.by
    moment: datetime = told.astimezone(UTC) + _Shift.by
    return moment


def read_now() -> datetime:
    """The database's time, read in a query of its own. Raises StorageUnavailable."""
    with storage(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {clock_sql()}", [])
        (told,) = cursor.fetchone()
    return clock_said(told)


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
