"""Several statements in one trip to PostgreSQL, which plans each of them once for a connection.

This is libpq's pipeline mode (its manual, "Pipeline Mode"), with which all statements up to the next
synchronisation are one transaction, unless one is open already. psycopg's cursors know pipelines,
too, but look at the socket after each statement, which costs three times as much.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.types.numeric import Int8Dumper
from psycopg.waiting import Ready, Wait, wait

from checkout.adapters.outbound.persistence.statements import Answer, Statement

MOST_PREPARED = 300  # of one connection; what comes then is planned anew each time
WAKE_SECONDS = 0.1  # so often a wait looks up, for an interrupt
# A statement is gone, or no longer what it was: somebody has deallocated it, or changed its table.
_UNFIT = (psycopg.errors.InvalidSqlStatementName, psycopg.errors.FeatureNotSupported)
_Key = tuple[bytes, tuple[int, ...]]
_Ready = tuple[bytes, Any, tuple[int, ...], Any]  # text, values, and their types and formats


class _Context:
    """How values of a connection travel: as psycopg has them, but that every number has one type.

    psycopg gives small numbers a smaller one, so that a statement would be planned once for each
    mixture of small and large numbers.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.adapters = AdaptersMap(connection.adapters)
        self.adapters.register_dumper(int, Int8Dumper)


class _Names(dict[_Key, bytes]):
    """What one connection has prepared: a pool gives it to one wrapper after the other."""

    _given = 0

    def new(self) -> bytes:
        """A name that this connection never had."""
        self._given += 1
        return b"checkout_%d" % self._given


_names: WeakKeyDictionary[psycopg.Connection[Any], _Names] = WeakKeyDictionary()


class _Kept:
    """What is kept of a wrapper's connection: its way with values, and what it has prepared."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.values = Transformer(_Context(connection))
        self.names = _names.setdefault(connection, _Names())


_kept: WeakKeyDictionary[Any, _Kept] = WeakKeyDictionary()


def send_together(
    wrapper: Any, statements: Sequence[Statement], prepare: bool, commit: bool = False
) -> list[Answer]:
    """Carry them out in order, all or nothing. Raises psycopg's errors: that of the first that failed.

    `wrapper` is Django's, and is connected. With `commit` they end the open transaction; psycopg then
    knows that there is none to be ended. With `prepare` the connection keeps them, under names of
    ours. Nobody else may deallocate those, as psycopg does after a rollback when it prepares itself.
    """
    connection: psycopg.Connection[Any] = wrapper.connection
    kept = _kept.get(wrapper)
    if kept is None or kept.connection is not connection:
        kept = _kept[wrapper] = _Kept(connection)
    batch = _Batch(kept, prepare)
    ready = [batch.converted(statement) for statement in statements]
    try:
        results = batch.send(ready, commit)
    except BaseException:
        connection.close()  # half of a conversation: nobody can go on with it
        raise
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            error = psycopg.errors.error_from_result(result, connection.info.encoding)
            batch.learn(error)
            raise error
    batch.learn(None)
    return [batch.answer(results[number]) for number in batch.asked]


class _Batch:
    """One trip: what is sent, and which of the results are answers."""

    def __init__(self, kept: _Kept, prepare: bool) -> None:
        self.pgconn = kept.connection.pgconn
        self.asked: list[int] = []
        self._kept = kept
        self._values = kept.values
        self._sent = 0
        self._new: dict[_Key, bytes] = {}
        self._prepares = prepare and len(kept.names) < MOST_PREPARED

    def converted(self, statement: Statement) -> _Ready:
        """With its values as they travel; what cannot be one is found out before anything is sent."""
        said = self._values
        values = said.dump_sequence(statement.values, [PyFormat.TEXT] * len(statement.values))
        return _numbered(statement.sql), values, said.types or (), said.formats

    def send(self, statements: Sequence[_Ready], commit: bool) -> list[Any]:
        """All results, in the order of what was sent."""
        self.pgconn.enter_pipeline_mode()
        self._begin()
        for statement in statements:
            self._send(*statement)
        if commit:
            self.pgconn.send_query_params(b"COMMIT", None)
        self.pgconn.pipeline_sync()
        talk = _conversation(self.pgconn)
        results: list[Any] = wait(talk, self.pgconn.socket, WAKE_SECONDS)
        self.pgconn.exit_pipeline_mode()
        return results

    def learn(self, error: psycopg.Error | None) -> None:
        """What was sent is prepared now. After an error nobody knows: names are not used again."""
        if error is None:
            self._kept.names.update(self._new)
        elif isinstance(error, _UNFIT):
            self._kept.names.clear()

    def answer(self, result: Any) -> Answer:
        """How many rows, and which."""
        if result.status != pq.ExecStatus.TUPLES_OK:
            return Answer(result.command_tuples or 0, [])
        if not result.ntuples:
            return Answer(0, [])
        self._values.set_pgresult(result)
        return Answer(result.ntuples, self._values.load_rows(0, result.ntuples, tuple))

    def _begin(self) -> None:
        """psycopg begins a transaction with its first statement, and so do we."""
        connection = self._kept.connection
        if connection.autocommit:
            return
        if self.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            level = connection.isolation_level
            words = f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}" if level else "BEGIN"
            self.pgconn.send_query_params(words.encode(), None)
            self._sent += 1

    def _send(self, sql: bytes, values: Any, types: tuple[int, ...], formats: Any) -> None:
        if self._prepares:
            self.pgconn.send_query_prepared(self._name(sql, types), values, formats)
        else:
            self.pgconn.send_query_params(sql, values, types, formats)
        self.asked.append(self._sent)
        self._sent += 1

    def _name(self, sql: bytes, types: tuple[int, ...]) -> bytes:
        key = sql, types
        name = self._kept.names.get(key) or self._new.get(key)
        if name is None:
            name = self._new[key] = self._kept.names.new()
            self.pgconn.send_prepare(name, sql, types)
            self._sent += 1
        return name


@lru_cache(maxsize=1000)
def _numbered(sql: str) -> bytes:
    """With PostgreSQL's own places for values: $1, $2 and so on for each %s."""
    numbers = iter(range(1, sql.count("%s") + 1))
    return re.sub(r"%[%s]", lambda place: _place(place[0], numbers), sql).encode()


def _place(place: str, numbers: Iterator[int]) -> str:
    return "%" if place == "%%" else f"${next(numbers)}"


def _conversation(pgconn: pq.abc.PGconn) -> Generator[Wait, Ready | int, list[Any]]:
    """Send what waits, and read until the server has synchronised; for psycopg's `wait`."""
    results: list[Any] = []
    while pgconn.flush():
        yield Wait.RW
        pgconn.consume_input()
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:  # the end of a statement's results
            if pgconn.status != pq.ConnStatus.OK:
                raise psycopg.OperationalError("The server has closed the connection.")
        elif result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        else:
            results.append(result)
