"""The SQL of what every step reads and writes, made from the models' own columns.

Django makes the SQL of a query anew at each use, which costs more than the database needs to carry
out such small ones. These read the same on PostgreSQL and SQLite, and their values are turned by
the models' fields. What is not on the way of every checkout uses Django's queries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Field, JSONField, Model

M = TypeVar("M", bound=Model)
_AS_THEY_ARE = {str, int, bool, type(None)}  # most values: every database takes them so
_ALSO = {"postgresql": {datetime, UUID}}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with its values, or a part of one."""

    sql: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """How many rows a statement found or changed, and what it returned of them."""

    count: int
    rows: list[Any]


def among(column: str, values: Sequence[int | str]) -> Statement:
    """The condition that the column has one of these values, which are plain texts or numbers."""
    return Statement(f'"{column}" IN ({", ".join(["%s"] * len(values))})', tuple(values))


def equal(**columns: Any) -> Statement:
    """The condition that these columns have these values, which are plain texts or numbers."""
    return Statement(" AND ".join(f'"{name}" = %s' for name in columns), tuple(columns.values()))


class Table(Generic[M]):
    """The statements of one model. Columns go by the names of the model's attributes."""

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self.name = f'"{model._meta.db_table}"'
        self._fields: dict[str, Field[Any, Any]] = {
            field.attname: field for field in model._meta.concrete_fields
        }
        self._json = {name for name, f in self._fields.items() if isinstance(f, JSONField)}
        self._set = {name: f'"{f.column}" = %s' for name, f in self._fields.items()}
        self._as_they_are = _AS_THEY_ARE | _ALSO.get(connection.vendor, set())
        self.columns = ", ".join(f'{self.name}."{f.column}"' for f in self._fields.values())
        self._converters = [
            (number, convert, column)
            for number, field in enumerate(self._fields.values())
            for convert, column in _converters(field, model._meta.db_table)
        ]

    def value(self, column: str, value: Any) -> Any:
        """A value as the database takes it for this column."""
        if column in self._json:
            return _json(value)
        if type(value) in self._as_they_are:
            return value
        return self._fields[column].get_db_prep_save(value, connection)

    def at(self, pk: Any) -> Statement:
        """The condition that it is this row."""
        key = self.model._meta.pk
        return Statement(f'{self.name}."{key.column}" = %s', (self.value(key.attname, pk),))

    def insert(self, rows: Iterable[Mapping[str, Any]], end: str = "") -> Statement:
        """These rows, all with the same columns; at least one."""
        given = list(rows)
        names = list(given[0])
        columns = ", ".join([f'"{self._fields[name].column}"' for name in names])
        places = ", ".join([f"({', '.join(['%s'] * len(names))})"] * len(given))
        values = tuple([self.value(name, row[name]) for row in given for name in names])
        return Statement(f"INSERT INTO {self.name} ({columns}) VALUES {places}{end}", values)

    def update(self, values: Mapping[str, Any], where: Statement) -> Statement:
        """These columns of the rows that meet the condition. A value may be an expression."""
        parts: list[str] = []
        given: list[Any] = []
        for name, value in values.items():
            if type(value) is Statement:
                parts.append(self._set[name].replace("%s", value.sql))
                given += value.values
            else:
                parts.append(self._set[name])
                given.append(self.value(name, value))
        sql = f"UPDATE {self.name} SET {', '.join(parts)} WHERE {where.sql}"
        return Statement(sql, (*given, *where.values))

    def select(self, where: Statement, order: str) -> Statement:
        """All columns of the rows that meet the condition, in this order."""
        sql = f'SELECT {self.columns} FROM {self.name} WHERE {where.sql} ORDER BY "{order}"'
        return Statement(sql, where.values)

    def row(self, found: Sequence[Any]) -> M:
        """The model of a row that was selected; what follows its columns is left alone."""
        values = list(found[: len(self._fields)])
        for number, convert, column in self._converters:
            values[number] = convert(values[number], column, connection)
        return self.model.from_db("default", list(self._fields), values)

    def __len__(self) -> int:
        return len(self._fields)


def _json(value: Any) -> str | None:
    """As JSON. Most of what the journal keeps is empty."""
    if value is None:
        return None
    return "{}" if value == {} else json.dumps(value)


def _converters(field: Field[Any, Any], table: str) -> list[tuple[Any, Any]]:
    """What Django's own queries put a column through when they read it."""
    column = field.get_col(table)
    own = connection.ops.get_db_converters(column)
    return [(each, column) for each in [*own, *column.get_db_converters(connection)]]


@cache
def table(model: type[M]) -> Table[M]:
    """The statements of this model, made once."""
    return Table(model)
