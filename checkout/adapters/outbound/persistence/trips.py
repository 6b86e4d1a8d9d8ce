"""Several statements in one trip to the database.

PostgreSQL takes statements that are joined by semicolons as one message: it carries them out one
after another, each with a snapshot of its own, in one transaction unless one is open already
(its manual, "Multiple Statements in a Simple Query"). SQLite is no trip away: there, and where
values are bound by the server, the same statements go one by one, inside a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from checkout.adapters.outbound.persistence.statements import Statement
from checkout.adapters.outbound.persistence.storage import storage


@dataclass(frozen=True, slots=True)
class Answer:
    """How many rows a statement found or changed, and what it returned of them."""

    count: int
    rows: list[Any]


class _Way:
    """Whether statements may travel together."""

    joined = True


def send(statements: Sequence[Statement]) -> list[Answer]:
    """Carry them out in order, all or nothing. Raises StorageUnavailable and what Django raises."""
    with storage():
        if _Way.joined and _can_join():
            return _joined(statements)
        with transaction.atomic(savepoint=False):
            return [_alone(statement) for statement in statements]


def _can_join() -> bool:
    bound_by_server = connection.settings_dict["OPTIONS"].get("server_side_binding", False)
    return connection.vendor == "postgresql" and not bound_by_server


def _joined(statements: Sequence[Statement]) -> list[Answer]:
    sql = "; ".join(statement.sql for statement in statements)
    values = [value for statement in statements for value in statement.values]
    answers = []
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for _ in statements:
            answers.append(_answer(cursor))
            cursor.nextset()
    return answers


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
