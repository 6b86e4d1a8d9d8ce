"""What is really in the tables, read past the product: the shop's, the provider's, checkout's own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import psycopg

from tests.e2e.stack import Stack


class Ledgers:
    """Plain SQL on the database of a running product."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows; `?` stands for a value."""
        if self._stack.production:
            url = self._stack.environment["DATABASE_URL"]
            with psycopg.connect(url, autocommit=True) as postgres:
                found = postgres.execute(sql.replace("?", "%s").encode(), values)
                return found.fetchall() if found.description else []
        with closing(sqlite3.connect(self._stack.folder / "db.sqlite3", timeout=60)) as sqlite:
            read = sqlite.execute(sql, values).fetchall()
            sqlite.commit()
            return read

    def orders(self, checkout: str) -> list[tuple[str, int]]:
        """Number and total of each placed order of a checkout."""
        return self.rows(
            "SELECT number, total FROM shop_order WHERE owner = ? AND status = 'placed'", checkout
        )

    def payments(self, checkout: str) -> list[tuple[int, int, int, bool]]:
        """amount, captured, what the shop kept, closed: each payment of a checkout, oldest first."""
        found = self.rows(
            "SELECT amount, captured, captured - refunded + refund_failed, closed"
            " FROM provider_payment WHERE reference LIKE ? ORDER BY created_at",
            f"%{checkout}%",
        )
        return [(amount, taken, kept, bool(closed)) for amount, taken, kept, closed in found]

    def on_hand(self, sku: str) -> int:
        """How many are in the house."""
        return int(self.rows("SELECT on_hand FROM shop_stockitem WHERE sku = ?", sku)[0][0])

    def held(self, sku: str) -> int:
        """How many are held by reservations that are neither committed nor released."""
        total = self.rows(
            "SELECT COALESCE(SUM(l.quantity), 0) FROM shop_reservationline l"
            " JOIN shop_reservation r ON r.id = l.reservation_id"
            " WHERE l.sku = ? AND r.status = 'held'",
            sku,
        )
        return int(total[0][0])

    def stock(self, sku: str, on_hand: int) -> None:
        """Put exactly so many into the house."""
        self.rows("UPDATE shop_stockitem SET on_hand = ? WHERE sku = ?", on_hand, sku)

    def price(self, sku: str, cents: int) -> None:
        """What staff do in the admin: another price."""
        self.rows("UPDATE shop_product SET price = ? WHERE sku = ?", cents, sku)
