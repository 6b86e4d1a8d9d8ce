"""Ports for the servers of a run: none is given twice, also not to another run on this machine."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import socket
import tempfile
from functools import cache
from pathlib import Path
from typing import BinaryIO

# None of those that systems give to outgoing connections: one of them could take a port while its
# server is being restarted.
PORTS = range(20_000, 32_000)
# For `verify` of a client of ours: nothing here speaks TLS, and to read every authority first, once
# for each client, takes longer than what it asks for.
PLAIN_HTTP = False
_ours: set[int] = set()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, and that is this process's until it ends."""
    while True:
        port = secrets.choice(PORTS)
        if port not in _ours and _nobody_listens_on(port) and _is_locked_by_us(port):
            _ours.add(port)
            return port


def _nobody_listens_on(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def _is_locked_by_us(port: int) -> bool:
    """A port is a byte of a file that all processes share; the system ends a dead process's locks."""
    try:
        fcntl.lockf(_register(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@cache
def _register() -> BinaryIO:
    path = Path(tempfile.gettempdir()) / f"checkout-test-ports-{os.getuid()}"
    return path.open("ab")
