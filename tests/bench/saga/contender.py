"""What every contender can do: prepare, load, work, and say how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.measuring.servers import Servers

ROOT = Path(__file__).resolve().parents[3]
WORKERS = 2
PATIENCE_SECONDS = 120.0
STOP_SECONDS = 15.0


class Stuck(Exception):
    """A contender did not finish its checkouts; says what its workers wrote last."""


class Contender:
    """One way to do the five steps, with a database of its own and two worker processes.

    Subclasses name the table whose row ends in `completed`, and the commands of their workers.
    """

    name = ""
    table = "checkout"
    redis_database = 0
    events_wait = "false"  # SQL that is true while something of a checkout is still to be done

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.url = servers.create(f"bench_{self.name}")
        self.redis = f"{servers.redis}/{self.redis_database}"
        self.connection: psycopg.Connection[Any] = psycopg.connect(self.url, autocommit=True)
        self.workers: list[subprocess.Popen[bytes]] = []
        self.loaded = 0
        self._log = Path(tempfile.gettempdir()) / f"bench-{os.getpid()}-{self.name}.log"

    def prepare(self) -> None:
        """Make tables and stock."""

    def load(self, count: int) -> list[str]:
        """Checkouts that are started, and that nobody works on yet; their ids."""
        return []

    def command(self) -> list[str]:
        """The command of a worker process."""
        return []

    def environment(self) -> dict[str, str]:
        """What a worker is told beside DATABASE_URL and REDIS_URL."""
        return {}

    def submit(self, ids: Sequence[str]) -> None:
        """Set these checkouts off: a line for each to a worker's input, in turns."""
        for number, checkout in enumerate(ids):
            pipe = self.workers[number % len(self.workers)].stdin
            assert pipe is not None
            pipe.write(f"{checkout}\n".encode())
        for worker in self.workers:
            assert worker.stdin is not None
            worker.stdin.flush()

    def facts(self) -> dict[str, int]:
        """How everything ended, in the same words for all."""
        return {}

    def start(self, database: str = "") -> None:
        """Start the workers; `database` is another way to the same database."""
        environment = {
            **os.environ,
            "DATABASE_URL": database or self.url,
            "REDIS_URL": self.redis,
            "PYTHONPATH": str(ROOT),
            **self.environment(),
        }
        for number in range(WORKERS):
            with self._log.open("ab") as log:
                self.workers.append(
                    subprocess.Popen(
                        self.command(),
                        cwd=ROOT,
                        env=environment | {"EXECUTOR": f"worker-{number}"},
                        stdin=subprocess.PIPE,
                        stdout=log,
                        stderr=log,
                    )
                )

    def stop(self) -> None:
        """End the workers: close what they read from, then ask, then make them."""
        for worker in self.workers:
            with suppress(OSError):
                assert worker.stdin is not None
                worker.stdin.close()
            worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self.workers.clear()

    def close(self) -> None:
        """End everything."""
        self.stop()
        self.connection.close()
        self._log.unlink(missing_ok=True)

    def wait(self, ids: Sequence[str], pause: float) -> dict[str, datetime]:
        """When each of these was completed: the time of its last commit. Raises Stuck."""
        until = time.monotonic() + PATIENCE_SECONDS
        count = f"SELECT count(*) FROM {self.table} WHERE state = 'completed' AND id = ANY(%s)"
        while self._number(count, ids) < len(ids):
            if time.monotonic() > until:
                raise Stuck(f"{self.name}: {self._log.read_text(errors='replace')[-3000:]}")
            time.sleep(pause)
        times = f"SELECT id, pg_xact_commit_timestamp(xmin) FROM {self.table} WHERE id = ANY(%s)"
        rows = self.connection.execute(times.encode(), [list(ids)]).fetchall()
        return {str(checkout): at for checkout, at in rows}

    def settle(self) -> None:
        """Wait until nothing of what is completed is still to be done. Raises Stuck."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self._number(f"SELECT CASE WHEN {self.events_wait} THEN 1 ELSE 0 END"):
            if time.monotonic() > until:
                raise Stuck(f"{self.name} has events left.")
            time.sleep(0.02)

    def _number(self, sql: str, ids: Sequence[str] | None = None) -> int:
        given = None if ids is None else [list(ids)]
        row = self.connection.execute(sql.encode(), given).fetchone()
        return int(row[0] or 0) if row else 0


def python(*words: str) -> list[str]:
    """A command of our own environment."""
    return [sys.executable, *words]
