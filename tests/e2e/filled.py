"""The shop's database as it is before the first shopper comes: made once, then copied.

The first stack of a run makes it as a shop would, by `manage.py`; those after it begin with a copy.
"""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

EMPTY = "template1"  # what PostgreSQL copies when it is told nothing


class Copies:
    """What can be copied by now: on PostgreSQL the name of a database, on SQLite a whole file."""

    def __init__(self) -> None:
        self._name, self._file = "", b""

    def new_database(self, server: str, empty: bool = False) -> tuple[str, bool]:
        """A new database on this server, and whether it is filled."""
        name = f"e2e_{uuid.uuid4().hex[:12]}"
        like = EMPTY if empty else self._name or EMPTY
        self._copy(server, like, name)
        return urlunsplit(urlsplit(server)._replace(path=f"/{name}")), like != EMPTY

    def keep_database(self, server: str, url: str) -> None:
        """Nobody is connected to this one yet: those to come begin with a copy of it."""
        self._copy(server, urlsplit(url).path[1:], kept := f"filled_{uuid.uuid4().hex[:12]}")
        self._name = kept

    def _copy(self, server: str, like: str, name: str) -> None:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'.encode())

    def new_file(self, path: Path) -> None:
        """A filled database at this path, if one was kept."""
        if self._file:
            path.write_bytes(self._file)

    def keep_file(self, path: Path) -> None:
        """This one is in use already, but nobody has bought anything."""
        if self._file:
            return
        used = sqlite3.connect(path, timeout=60)
        with closing(used), closing(sqlite3.connect(":memory:")) as copy:
            used.backup(copy)
            copy.execute("DELETE FROM checkout_workerheartbeat")  # it beats in no other process
            copy.commit()
            self._file = copy.serialize()


COPIES = Copies()
