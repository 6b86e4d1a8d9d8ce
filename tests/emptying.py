"""The tables after a test that commits: as `migrate` leaves them, in a tenth of Django's time.

Django truncates every table and lets `post_migrate` write permissions and groups anew. Here only
what has rows is emptied, and what `post_migrate` wrote stays, as long as no test has changed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase

WRITTEN_BY_MIGRATE = (
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
)


@contextmanager
def emptying() -> Iterator[None]:
    """Meanwhile this is what follows a test that commits."""
    written = _written()
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = {name: connection.ops.quote_name(name) for name in found}
    others = {name: table for name, table in tables.items() if name not in WRITTEN_BY_MIGRATE}

    def after(_: TransactionTestCase) -> None:
        if _written() == written:
            _empty(others)
            return
        call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
        written[:] = _written()

    with patch.object(TransactionTestCase, "_fixture_teardown", after):
        yield


def _written() -> list[Any]:
    """What `post_migrate` has written."""
    rows: list[Any] = []
    with connection.cursor() as cursor:
        for name in WRITTEN_BY_MIGRATE:
            cursor.execute(f"SELECT * FROM {name} ORDER BY id")
            rows += cursor.fetchall()
    return rows


def _empty(tables: dict[str, str]) -> None:
    """Empty those that have rows; who refers to whom is judged at the end."""
    looks = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {tables[name]})" for name in tables]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        for (name,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {tables[name]}")
