"""A PostgreSQL and a Redis server that can be killed at any moment and started again.

PostgreSQL keeps its promises here (fsync, full page writes): it is stopped as by a power cut and
must come back with everything that it has confirmed. Redis keeps nothing, as it may.
"""

from __future__ import annotations

import pwd
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import services
from tests.ports import free_port

PROOF = "md5"  # costs little: every request and every tick opens a connection of its own
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def as_user(name: str | None) -> list[str]:
    """The words that give up root for a user."""
    if name is None:
        return []
    user = pwd.getpwnam(name)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


@dataclass
class Place:
    """Where a server or process runs: an address, and the words that come before its command."""

    address: str = "127.0.0.1"
    words: list[str] = field(default_factory=list)


class Server:
    """A server process with a folder of its own, always on the same port."""

    def __init__(self, folder: Path, place: Place, user: str | None = None) -> None:
        self.folder, self.place, self.user = folder, place, user
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """What is run, from the second word on if the place has words of its own."""
        raise AssertionError("Each kind of server has its own command.")

    def answers(self) -> bool:
        """Tell whether it can be used."""
        raise AssertionError("Each kind of server answers in its own way.")

    def start(self) -> None:
        """Start it, and return when it answers."""
        command, user = self.command(), self.user
        if self.place.words:  # these need root, which is given up after them
            command, user = [*self.place.words, *as_user(user), *command], None
        self.process = services.start(command, self.folder, user)
        services.wait_until(self.answers, self.process, self.folder)

    def end(self, how: signal.Signals) -> None:
        """Send a signal and wait until it is gone."""
        if self.process is not None:
            services.stop(self.process, how)


class Postgres(Server):
    """PostgreSQL with a cluster of its own; `url` names its database `chaos`."""

    def __init__(self, folder: Path, place: Place, user: str | None) -> None:
        super().__init__(folder, place, user)
        password = services.make_cluster(folder, user, PROOF)
        if place.words:
            with (folder / "data" / "pg_hba.conf").open("a") as access:
                access.write(f"host all all samenet {PROOF}\n")
        self._root = f"postgresql://checkout:{password}@{place.address}:{self.port}"
        self.url = f"{self._root}/postgres"

    def command(self) -> list[str]:
        """PostgreSQL with durable settings."""
        options = {**DURABLE, "listen_addresses": self.place.address}
        return services.postgres_command(self.folder, self.port, **options)

    def answers(self) -> bool:
        """Can one connect? Not while it recovers."""
        return services.postgres_answers(self.url)

    def stop_immediately(self) -> None:
        """What `pg_ctl stop -m immediate` does: no checkpoint, no goodbye; recovery at the start."""
        self.end(signal.SIGQUIT)


class Redis(Server):
    """Redis that keeps nothing; `url` names its database 0."""

    def __init__(self, folder: Path, place: Place) -> None:
        super().__init__(folder, place)
        self._password = "only-for-chaos"
        self.url = f"redis://:{self._password}@{place.address}:{self.port}/0"

    def command(self) -> list[str]:
        """Redis without persistence."""
        return services.redis_command(self.folder, self.port, self._password, self.place.address)

    def answers(self) -> bool:
        """Does it accept our password?"""
        return services.redis_answers(self.port, self._password, self.place.address)

    def kill(self) -> None:
        """kill -9: everything that it held is gone."""
        self.end(signal.SIGKILL)


@contextmanager
def postgres(place: Place) -> Iterator[Postgres]:
    """Run a PostgreSQL server; it is gone with its files at the end."""
    user = services.server_user()
    with services.folder_for("chaos-postgresql", user) as folder:
        server = Postgres(folder, place, user)
        try:
            server.start()
            yield server
        finally:
            server.end(signal.SIGINT)


@contextmanager
def redis(place: Place) -> Iterator[Redis]:
    """Run a Redis server; it is gone with its files at the end."""
    with services.folder_for("chaos-redis", None) as folder:
        server = Redis(folder, place)
        try:
            server.start()
            yield server
        finally:
            server.end(signal.SIGTERM)
