"""Several statements in one trip to the database.

PostgreSQL takes them in a pipeline, and carries them out one after another, each with a snapshot of
its own, in one transaction. SQLite is no trip away: there the same statements go one by one, inside
a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from checkout.adapters.outbound.persistence.statements import Answer, Statement
from checkout.adapters.outbound.persistence.storage import storage


class _Way:
    """Whether statements may travel together."""

    joined = True


def send(statements: Sequence[Statement], last: bool = False) -> list[Answer]:
    """Carry them out in order, all or nothing. Raises StorageUnavailable and what Django raises.

    With `last` nothing follows them in the transaction that is open, which may end with them.
    """
    ours: Any = connections[DEFAULT_DB_ALIAS]  # looked up once: `connection` does so at each use
    with storage():
        if _Way.joined and ours.vendor == "postgresql" and not _is_watched(ours):
            return _together(ours, statements, last and not ours.savepoint_ids)
        if len(statements) == 1:
            return [_alone(ours, statements[0])]
        with transaction.atomic(savepoint=False):
            return [_alone(ours, statement) for statement in statements]


def _is_watched(ours: Any) -> bool:
    """Whether somebody wants to see each statement, as Django shows those of its cursors."""
    return bool(ours.execute_wrappers or ours.queries_logged)


def _together(ours: Any, statements: Sequence[Statement], commit: bool) -> list[Answer]:
    ours.validate_no_broken_transaction()
    ours.close_if_health_check_failed()
    ours.ensure_connection()
    with ours.wrap_database_errors:
        return _pipeline()(ours, statements, _may_prepare(ours.settings_dict), commit)


@cache
def _pipeline() -> Callable[..., list[Answer]]:
    """Imported on PostgreSQL alone: nobody else needs psycopg."""
    from checkout.adapters.outbound.persistence.pipeline import send_together

    return send_together


def _may_prepare(said: Mapping[str, Any]) -> bool:
    """Not where psycopg does, or where a pooler gives each transaction another connection.

    The latter is what DISABLE_SERVER_SIDE_CURSORS says to Django.
    """
    pooled = said.get("DISABLE_SERVER_SIDE_CURSORS", False)
    return not pooled and "prepare_threshold" not in said["OPTIONS"]


def _alone(ours: Any, statement: Statement) -> Answer:
    with ours.cursor() as cursor:
        cursor.execute(statement.sql, statement.values)
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
