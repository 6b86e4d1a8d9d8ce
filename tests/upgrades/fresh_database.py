"""An empty database in place of the test's own, for what must begin before the newest migrations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from django.db import connection


@contextmanager
def fresh_database(folder: Path) -> Iterator[None]:
    """Until the end of the block, the default connection is to a database without any table."""
    connection.close()
    shared = connection.settings_dict  # with other threads; who does a job here gets a copy
    before = shared["NAME"]
    if connection.vendor == "sqlite":
        connection.settings_dict["NAME"] = str(folder / "fresh.sqlite3")
    else:
        connection.settings_dict["NAME"] = f"fresh_{os.getpid()}"
        _on_the_server(f'CREATE DATABASE "fresh_{os.getpid()}"')
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = shared
        shared["NAME"] = before
        if connection.vendor == "postgresql":
            _on_the_server(f'DROP DATABASE "fresh_{os.getpid()}" WITH (FORCE)')


def _on_the_server(statement: str) -> None:
    said = {**connection.settings_dict, "NAME": "postgres"}
    where = {
        "host": said["HOST"],
        "port": said["PORT"],
        "user": said["USER"],
        "password": said["PASSWORD"],
        "dbname": said["NAME"],
    }
    with closing(psycopg.connect(**where, autocommit=True)) as server:
        server.execute(statement.encode())
