"""The whole product as it is run, in either form, for benchmarks that come in by the front door."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.bench.measuring.processes import family
from tests.bench.measuring.servers import servers
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack

FORMS = ("embedded", "production")
PLENTY = "UPDATE shop_stockitem SET on_hand = 1000000"
SKU = "MUG-TIDE"


class Running(NamedTuple):
    """A site that sells, and the processes that make it."""

    stack: Stack
    pids: dict[str, int]

    def processes(self) -> dict[str, list[int]]:
        """By name; PostgreSQL with its backends."""
        return {
            name: family(pid) if name == "postgres" else [pid] for name, pid in self.pids.items()
        }


@contextmanager
def running(form: str) -> Iterator[Running]:
    """Embedded: one process and SQLite. Production: web, worker, provider, PostgreSQL and Redis."""
    Stack.production = form == "production"
    if not Stack.production:
        with Stack() as stack:
            yield _stocked(stack, {})
        return
    with servers() as where:
        os.environ["CHECKOUT_TEST_DATABASE"] = where.postgres
        os.environ["CHECKOUT_TEST_REDIS"] = where.redis
        with Stack() as stack:
            yield _stocked(stack, {"postgres": where.postgres_pid, "redis": where.redis_pid})


def _stocked(stack: Stack, servers: dict[str, int]) -> Running:
    Ledgers(stack).rows(PLENTY)
    pids = {name: process.pid for name, process in stack.processes.items()}
    return Running(stack, {**pids, **servers})
