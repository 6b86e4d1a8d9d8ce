"""Several statements in one trip to the database.

PostgreSQL takes them in a pipeline, and carries them out one after another, each with a snapshot of
its own, in one transaction. SQLite is no trip away: there the same statements go one by one, inside
a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from checkout.adapters.outbound.persistence.statements import Answer, Statement
from checkout.adapters.outbound.persistence.storage import storage


class _Way:
    """Whether statements may travel together."""

    joined = True


def send(statements: Sequence[Statement], last: bool = False) -> list[Answer]:
    """Carry them out in order, all or nothing. Raises StorageUnavailable and what Django raises.

    With `last` nothing follows them in the transaction that is open, which may end with them.
    """
    with storage():
        if _Way.joined and connection.vendor == "postgresql" and not _is_watched():
            return _together(statements, last and not connection.savepoint_ids)
        with transaction.atomic(savepoint=False):
            return [_alone(statement) for statement in statements]


def _is_watched() -> bool:
    """Whether somebody wants to see each statement, as Django shows those of its cursors."""
    return bool(connection.execute_wrappers or connection.queries_logged)


def _together(statements: Sequence[Statement], commit: bool) -> list[Answer]:
    from checkout.adapters.outbound.persistence.pipeline import send_together

    connection.validate_no_broken_transaction()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return send_together(connection.connection, statements, _may_prepare(), commit)


def _may_prepare() -> bool:
    """Not where psycopg does, or where a pooler gives each transaction another connection.

    The latter is what DISABLE_SERVER_SIDE_CURSORS says to Django.
    """
    said = connection.settings_dict
    return (
        not said.get("DISABLE_SERVER_SIDE_CURSORS") and "prepare_threshold" not in said["OPTIONS"]
    )


def _alone(statement: Statement) -> Answer:
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.values)
        return _answer(cursor)


def _answer(cursor: Any) -> Answer:
    rows = cursor.fetchall() if cursor.description else []
    return Answer(cursor.rowcount, rows)


@contextmanager
def one_by_one() -> Iterator[None]:
    """For tests: others can come between any two statements, as they can inside the server."""
    before, _Way.joined = _Way.joined, False
    try:
        yield
    finally:
        _Way.joined = before
