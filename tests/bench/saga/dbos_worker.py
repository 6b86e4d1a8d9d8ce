"""The same steps as a DBOS workflow of five datasource transactions. Runs in its own environment.

Reads ids from its input, one per line; four workflows are under way at a time. In DBOS's favour:
READ COMMITTED instead of its default SERIALIZABLE, and SQL text instead of an ORM.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, SQLAlchemyDatasource

from tests.bench.saga import plain

AT_ONCE = 4
NAMED = re.compile(r"%\((\w+)\)s(::[a-z\[\]]+)?")
URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
# Created before DBOS reads the configuration, since the steps below belong to it.
datasource = SQLAlchemyDatasource.create(URL)


def _bound(sql: str) -> Any:
    """The statement in SQLAlchemy's words; a cast by `::` would be taken for a name."""
    cast = NAMED.sub(lambda m: f"CAST(:{m[1]} AS {m[2][2:]})" if m[2] else f":{m[1]}", sql)
    return sa.text(cast)


STATEMENTS: dict[str, Any] = {}


def execute(sql: str, said: dict[str, Any], *, read: bool = False) -> Any:
    """One statement in the transaction of this step."""
    bound = STATEMENTS.setdefault(sql, _bound(sql))
    names = bound.compile().params
    done = datasource.sql_session().execute(bound, {name: said[name] for name in names})
    if not read:
        return done.rowcount
    row = done.first()
    return row[0] if row else None


@datasource.transaction(isolation_level="READ COMMITTED")
def step(number: int, checkout: str, snapshot: Any) -> Any:
    """One durable step; its result is recorded in the same transaction."""
    return plain.step(number, checkout, snapshot, execute)


@DBOS.workflow()
def checkout_saga(checkout: str) -> None:
    """The whole checkout."""
    snapshot = None
    for number in range(len(plain.STEPS)):
        snapshot = step(number, checkout, snapshot)


def main() -> None:
    """Until the input ends."""
    DBOS(
        config={
            "name": "bench",
            "system_database_url": URL,
            "log_level": "ERROR",
            "executor_id": os.environ["EXECUTOR"],
            "application_version": "bench",
        }
    )
    DBOS.launch()
    room = threading.Semaphore(AT_ONCE)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while line := sys.stdin.readline():
            room.acquire()
            pool.submit(checkout_saga, line.strip()).add_done_callback(lambda _: room.release())
    DBOS.destroy()


if __name__ == "__main__":
    main()
