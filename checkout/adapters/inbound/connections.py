"""Database connections of a worker's threads: kept from job to job, and looked after in between.

Django closes a connection after each request unless CONN_MAX_AGE says otherwise. PostgreSQL starts
a process for each new one, which costs more than the statements of a job.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import close_old_connections, connections

KEPT_SECONDS = 600.0  # where CONN_MAX_AGE says nothing
RESTED_SECONDS = 5.0  # the server may have gone away meanwhile


class _Last(threading.local):
    """When this thread's last job ended."""

    job = 0.0


class _Lost:
    """When a job of this process lost its connection last: the others' may be dead as well."""

    at = float("-inf")


_last = _Last()


@contextmanager
def kept_connections() -> Iterator[None]:
    """Around each job of a thread that has one job after another.

    A CONN_MAX_AGE of the project is kept to, and so are CONN_HEALTH_CHECKS and a pool; one that broke
    is dropped. One that has rested is asked first, and so are all after one was lost: a server that
    restarts costs a process one job, and not one for each thread. Whoever ends calls
    `close_connections`.
    """
    for one in connections.all():
        said = one.settings_dict
        if said["CONN_MAX_AGE"] == 0 and not said["OPTIONS"].get("pool"):
            one.settings_dict = {**said, "CONN_MAX_AGE": KEPT_SECONDS}  # of this thread alone
    if _last.job < max(time.monotonic() - RESTED_SECONDS, _Lost.at):
        _drop_the_dead()
    held = [one for one in connections.all(initialized_only=True) if one.connection is not None]
    try:
        yield
    finally:
        if any(one.connection is None for one in held):
            _Lost.at = time.monotonic()
        close_old_connections()
        _last.job = time.monotonic()


def close_connections() -> None:
    """This thread ends, or has had nothing to do for long."""
    connections.close_all()


def _drop_the_dead() -> None:
    """Ask each of them, which costs a statement."""
    for one in connections.all(initialized_only=True):
        if one.connection is not None and not one.in_atomic_block and not one.is_usable():
            one.close()
