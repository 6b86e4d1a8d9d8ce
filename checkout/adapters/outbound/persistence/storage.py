"""Our own database's outages, told apart from everything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import (
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
    transaction,
)

from checkout.domain.exceptions import StorageUnavailable

# The server has ended a transaction that was left open too long: its process was frozen meanwhile.
_ENDED = ("25P03", "25P04")  # idle_in_transaction_session_timeout, transaction_timeout


def is_outage(error: BaseException | None) -> bool:
    """Whether the database did not answer, wherever that was noticed; anything else is a bug."""
    if isinstance(error, InternalError):
        return getattr(error.__cause__, "sqlstate", "") in _ENDED
    return isinstance(error, (StorageUnavailable, OperationalError, InterfaceError))


def is_null(error: IntegrityError, column: str) -> bool:
    """Whether the database refused NULL in this column."""
    cause: Any = error.__cause__
    if getattr(cause, "sqlstate", "") == "23502":  # not_null_violation
        return bool(cause.diag.column_name == column)
    refused = getattr(cause, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_NOTNULL"
    return refused and str(cause).endswith(f".{column}")


@contextmanager
def storage() -> Iterator[None]:
    """Translate "the database did not answer" into StorageUnavailable, and drop a broken connection."""
    try:
        yield
    except Error as error:
        if not is_outage(error):
            raise
        if not connection.in_atomic_block:
            connection.close()
        raise StorageUnavailable(str(error)) from error


@contextmanager
def one_transaction() -> Iterator[None]:
    """All of it or nothing, with outages translated."""
    with storage(), transaction.atomic():
        yield


@contextmanager
def own_storage() -> Iterator[None]:
    """The same around code that may use other databases too: only our own connection's errors count."""
    before, connection.errors_occurred = connection.errors_occurred, False
    try:
        yield
    except Error as error:
        if not (connection.errors_occurred and is_outage(error)):
            raise
        connection.close()
        raise StorageUnavailable(str(error)) from error
    finally:
        connection.errors_occurred = connection.errors_occurred or before
