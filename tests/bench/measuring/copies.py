"""Very many finished checkouts: copies of the rows of one that really went through.

Made by the database itself, from the whole rows, so that a new column needs no change here.
"""

from __future__ import annotations

from typing import Any

import psycopg

# Each table with the column that names the checkout, and what a copy must have of its own.
FRESH_ID = "'id', nextval(pg_get_serial_sequence('{table}', 'id'))"
TABLES = {
    "checkout_checkoutsession": ("id", "'cart', page, 'due_at', due_at, 'created_at', at"),
    "checkout_checkoutprogress": ("checkout_id", ""),
    "checkout_checkoutsummary": ("checkout_id", ""),
    "checkout_checkouteffect": ("checkout_id", FRESH_ID),
    "checkout_checkouthistory": ("checkout_id", FRESH_ID),
    "checkout_checkoutoutbox": ("checkout_id", f"{FRESH_ID}, 'event_id', gen_random_uuid()"),
}
# A day's worth of them wait for the last look of a day later, whatever the whole number.
PAGES = """
CREATE TEMP TABLE page AS
SELECT gen_random_uuid() AS page, now() - n * interval '3 s' AS at,
  CASE WHEN n <= %(owed)s THEN now() + interval '1 h' + n * interval '1 s' END AS due_at
FROM generate_series(%(since)s + 1, %(since)s + %(count)s) AS n
"""
COPY = """
INSERT INTO {table}
SELECT made.* FROM page,
  (SELECT to_jsonb(original)::text AS said FROM {table} original
   WHERE {column} = %(one)s ORDER BY 1 LIMIT %(rows)s) AS original,
  LATERAL jsonb_populate_record(NULL::{table},
    replace(said, %(one)s::text, page::text)::jsonb || jsonb_build_object({own})) AS made
"""
OWED = 5_000


def copies(
    connection: psycopg.Connection[Any],
    one: str,
    count: int,
    since: int = 0,
    rows: int | None = None,
) -> list[str]:
    """So many copies of this checkout, older than `since` others, with all rows or so many of each
    kind; their ids."""
    connection.execute("SET session_replication_role = replica")  # whose they are is known
    connection.execute(PAGES, {"count": count, "since": since, "owed": OWED})
    for table, (column, own) in TABLES.items():
        sql = COPY.format(table=table, column=column, own=own.format(table=table))
        connection.execute(sql.encode(), {"one": one, "rows": rows})
    ids = [str(page) for (page,) in connection.execute("SELECT page FROM page").fetchall()]
    connection.execute("DROP TABLE page")
    connection.execute("RESET session_replication_role")
    for table in TABLES:
        connection.execute(f"VACUUM ANALYZE {table}".encode())
    return ids
