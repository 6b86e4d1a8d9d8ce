"""Our own database's outages, told apart from everything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection, transaction

from checkout.domain.exceptions import StorageUnavailable


@contextmanager
def storage() -> Iterator[None]:
    """Translate "the database did not answer" into StorageUnavailable, and drop a broken connection."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if not connection.in_atomic_block:
            connection.close()
        raise StorageUnavailable(str(error)) from error


@contextmanager
def one_transaction() -> Iterator[None]:
    """All of it or nothing, with outages translated."""
    with storage(), transaction.atomic():
        yield
