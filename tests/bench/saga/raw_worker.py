"""The raw loop: psycopg, one transaction per step, one round trip per statement.

Reads ids of checkouts from its input, one per line, and does each at once.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import psycopg

from tests.bench.saga import plain


def main() -> None:
    """Until the input ends."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:

        def execute(sql: str, said: dict[str, Any], *, read: bool = False) -> Any:
            cursor = connection.execute(sql.encode(), said)
            if not read:
                return cursor.rowcount
            row = cursor.fetchone()
            return row[0] if row else None

        while line := sys.stdin.readline():
            snapshot = None
            for number in range(len(plain.STEPS)):
                with connection.transaction():
                    snapshot = plain.step(number, line.strip(), snapshot, execute)


if __name__ == "__main__":
    main()
