"""The buyer's mail address as the database finds it."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Func


class BuyerMail(Func):
    """The address in the frozen cart in small letters; NULL before there is one.

    The path is part of the SQL and no parameter: SQLite uses an index on an expression only where
    the query says exactly the same. A migration names this class, so it stays where it is.
    """

    output_field = CharField()
    arity = 1

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The text at a path of a jsonb column."""
        template = "LOWER(%(expressions)s #>> '{buyer,email}')"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The text at a path of a JSON text."""
        template = "LOWER(JSON_EXTRACT(%(expressions)s, '$.buyer.email'))"
        return super().as_sql(compiler, connection, template=template, **context)
