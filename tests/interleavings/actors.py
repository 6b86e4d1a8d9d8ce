"""Actors: threads with a database connection of their own, of which exactly one runs at a time.

An actor stops at every named point and goes on when it is told to. Points are the engine's fault
points, and the statements by which two processes can meet in the database.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

from tests import patience

Part = Callable[[], object]
END, BLOCKED = "end", "blocked"
POLL = 0.02  # how soon it is asked whether an actor that says nothing waits for a lock
MEETINGS = re.compile(r'(INSERT INTO|UPDATE|FROM) "checkout_checkout(session|inbox|outbox)"')
WRITES_AND_READS = re.compile(r'(INSERT INTO|UPDATE|FROM) "checkout_checkout(\w+)"')


class Stuck(Exception):
    """An actor does not come back, and does not wait for anybody either."""


class Actor(threading.Thread):
    """One thread that plays one part after another, each from point to point as it is told."""

    def __init__(self, number: int, statements: re.Pattern[str]) -> None:
        super().__init__(name=f"actor-{number}", daemon=True)
        self.at = END
        self.error: BaseException | None = None
        self._statements = statements
        self._parts: SimpleQueue[Part | None] = SimpleQueue()
        self._go: SimpleQueue[None] = SimpleQueue()
        self._said: SimpleQueue[str] = SimpleQueue()
        self._database: Any = None

    def run(self) -> None:
        """Play what is given, until there is nothing more."""
        self._database = connections[DEFAULT_DB_ALIAS]
        while (part := self._parts.get()) is not None:
            self._go.get()
            try:
                _be_patient()
                with connection.execute_wrapper(self._statement):
                    part()
            except BaseException as error:
                self.error = error
            self._said.put(END)
        connection.close()

    def reach(self, point: str) -> None:
        """In the actor's own thread: stop here until told to go on.

        SQLite has one write lock for the whole database: while one is inside a transaction nobody
        else could go on, so there is nothing to switch to.
        """
        if connection.vendor == "sqlite" and connection.in_atomic_block:
            return
        self._said.put(point)
        self._go.get()

    def _statement(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        meeting = self._statements.search(sql)
        if meeting:
            self.reach(f"{meeting[1].split()[0].lower()} {meeting[2]}")
        return execute(sql, parameters, many, context)

    # For whoever directs ---------------------------------------------------------------------

    def begin(self, part: Part) -> None:
        """Give it a part. It does nothing before it is told to go on."""
        self.error, self.at = None, "begin"
        self._parts.put(part)

    def go_on(self) -> None:
        """Let it run to its next point, to the end of its part, or into a lock."""
        self._go.put(None)
        self.follow()

    def follow(self) -> None:
        """Wait until it has stopped."""
        until = time.monotonic() + patience.SECONDS
        while time.monotonic() < until:
            try:
                self.at = self._said.get(timeout=POLL)
                return
            except Empty:
                if self.waits_for_a_lock():
                    self.at = BLOCKED
                    return
        raise Stuck(f"{self.name} went on from {self.at} and did not come back")

    def waits_for_a_lock(self) -> bool:
        """Does its statement wait for a transaction of somebody else?"""
        if connection.vendor == "sqlite" or self._database.connection is None:
            return False
        with connection.cursor() as cursor:
            pid = self._database.connection.info.backend_pid
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [pid])
            return bool(cursor.fetchone()[0])

    def leave(self) -> None:
        """There are no more parts."""
        self._parts.put(None)
        self.join(patience.SECONDS)


def _be_patient() -> None:
    """An actor may stop inside a transaction, and wait for one, for as long as a slow machine takes."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = 0")
            cursor.execute("SET lock_timeout = 0")


def pause(point: str) -> None:
    """A named point: actors stop here, everybody else goes on."""
    actor = threading.current_thread()
    if isinstance(actor, Actor):
        actor.reach(point)
