"""Plain SQL for what every checkout asks of the shop. All else uses Django's queries.

Django makes the SQL of a query anew each time, which costs more than the database needs to carry it
out. A text that stays the same costs nothing to make, and PostgreSQL can plan it once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

from django.db import connection

from checkout.sql import Answer, Statement, send

# What each database has its own words for. Where there are no row locks, the single writer does.
WORDS = {
    "postgresql": {
        "now": "STATEMENT_TIMESTAMP()",
        "locked": "FOR UPDATE",
        "stock_locked": "FOR UPDATE OF stock",
    },
    "sqlite": {
        "now": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')",
        "locked": "",
        "stock_locked": "",
    },
}


def statement(text: str, *values: Any, many: str = "") -> Statement:
    """A statement for `together`.

    Words in braces are those of the database; `{many}` stands for so many `places`.
    """
    return Statement(worded(text, many), values)


def together(*statements: Statement) -> list[Answer]:
    """Carry these out, one after the other, in one trip to the database."""
    return send(statements)


def rows(text: str, *values: Any, many: str = "") -> list[Any]:
    """Carry out one statement; the rows that it finds or returns."""
    return together(statement(text, *values, many=many))[0].rows


def change(text: str, *values: Any, many: str = "") -> int:
    """The same for a statement that returns no rows; how many it has changed."""
    return together(statement(text, *values, many=many))[0].count


def places(count: int, columns: int = 0) -> str:
    """Places for so many values, or for so many rows with these columns."""
    each = f"({places(columns)})" if columns else "%s"
    return ", ".join([each] * count)


def flat(table: Iterable[Iterable[Any]]) -> Iterable[Any]:
    """The values of these rows, one after the other."""
    return chain.from_iterable(table)


def moment(when: datetime) -> Any:
    """A time as the database takes it."""
    return connection.ops.adapt_datetimefield_value(when)


@cache
def worded(text: str, many: str = "") -> str:
    """The text as this database takes it."""
    return " ".join(text.format(**WORDS[connection.vendor], many=many).split())
