"""PostgreSQL and Redis for a benchmark: private, and durable as PostgreSQL is by default."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from tests.ports import free_port
from tests.services import (
    folder_for,
    make_cluster,
    postgres_answers,
    postgres_command,
    redis_answers,
    redis_command,
    server_user,
    start,
    stop,
    wait_until,
)

OPTIONS = {
    "shared_preload_libraries": "pg_stat_statements",
    "track_commit_timestamp": "on",  # when a change was committed, by the server's own clock
    "checkpoint_timeout": "1d",  # no checkpoint in the middle, whose full pages would count as ours
    "max_wal_size": "16GB",
}


class Servers(NamedTuple):
    """Where both are, and which processes they are."""

    postgres: str
    redis: str
    postgres_pid: int
    redis_pid: int

    def database(self, name: str) -> str:
        """The URL of a database of this server."""
        return urlunsplit(urlsplit(self.postgres)._replace(path=f"/{name}"))

    def create(self, name: str) -> str:
        """Make a new database that can say what its statements cost; its URL."""
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        with psycopg.connect(self.database(name), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        return self.database(name)


@contextmanager
def _postgresql(**more: str) -> Iterator[tuple[str, int]]:
    user = server_user()
    with folder_for("postgresql", user) as folder:
        password, port = make_cluster(folder, user), free_port()
        server = start(postgres_command(folder, port, **{**OPTIONS, **more}), folder, user)
        try:
            url = f"postgresql://checkout:{password}@127.0.0.1:{port}/postgres"
            wait_until(lambda: postgres_answers(url), server, folder)
            yield url, server.pid
        finally:
            stop(server, signal.SIGINT)


@contextmanager
def _redis() -> Iterator[tuple[str, int]]:
    with folder_for("redis", None) as folder:
        password, port = "bench", free_port()
        server = start(redis_command(folder, port, password), folder, None)
        try:
            wait_until(lambda: redis_answers(port, password), server, folder)
            yield f"redis://:{password}@127.0.0.1:{port}", server.pid
        finally:
            stop(server, signal.SIGTERM)


@contextmanager
def servers(**options: str) -> Iterator[Servers]:
    """Both servers for the length of the block; the options are PostgreSQL's."""
    with ExitStack() as stack:
        postgres, postgres_pid = stack.enter_context(_postgresql(**options))
        address, redis_pid = stack.enter_context(_redis())
        yield Servers(postgres, address, postgres_pid, redis_pid)


def wal_position(connection: psycopg.Connection[Any]) -> int:
    """How many bytes of write-ahead log there are."""
    row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    return int(row[0]) if row else 0


def redis_commands(url: str) -> int:
    """How many commands Redis has served so far, but for logging in and asking this."""
    with redis.Redis.from_url(url) as client:
        said: Any = client.info("commandstats")
    ours = ("cmdstat_info", "cmdstat_auth", "cmdstat_hello", "cmdstat_client")
    return sum(one["calls"] for name, one in said.items() if not name.startswith(ours))


def statements(connection: psycopg.Connection[Any], most: int = 40) -> list[dict[str, Any]]:
    """The most frequent statements since the last reset: calls, milliseconds, buffers, WAL, text."""
    rows = connection.execute(
        "SELECT calls, total_exec_time, shared_blks_hit + shared_blks_read, wal_bytes, query"
        " FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
        " WHERE datname = current_database() AND query NOT LIKE '%%pg_%%'"
        " ORDER BY calls DESC, total_exec_time DESC LIMIT %s",
        [most],
    ).fetchall()
    names = ("calls", "ms", "buffers", "wal", "text")
    return [dict(zip(names, (*row[:3], int(row[3]), row[4]), strict=True)) for row in rows]
