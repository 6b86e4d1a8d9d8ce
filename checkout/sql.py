"""Statements of a shop whose adapters write through the checkout's own connection, sent as ours are.

PostgreSQL plans each of them once for a connection. Texts are the shop's; values are given apart, one
for each `%s`, and are bound by the server there. Where they need a trip each, `send` takes several in
one. A whole number is a bigint: a function that takes an integer needs `CAST(%s AS integer)`. All raise
StorageUnavailable when the database does not answer, and else what Django raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checkout.adapters.outbound.persistence.statements import Answer, Statement
from checkout.adapters.outbound.persistence.trips import send

__all__ = ["Answer", "Statement", "change", "rows", "send"]


def rows(text: str, values: Sequence[Any] = ()) -> list[Any]:
    """Carry out a statement; the rows that it finds or returns, as tuples."""
    return send([Statement(text, tuple(values))])[0].rows


def change(text: str, values: Sequence[Any] = ()) -> int:
    """The same for a statement that returns no rows; how many it has changed."""
    return send([Statement(text, tuple(values))])[0].count
