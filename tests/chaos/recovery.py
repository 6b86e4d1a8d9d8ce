"""How long a checkout rests after its worker was killed, or after its bell was lost.

A lease has no name on it, so whose it was is seen from what happens next. At a kill, all checkouts
under a live lease are noted. One that moves on under the same fence, or is let go, has a holder
that lives: it is left out. One that somebody claims only after the noted lease has run out is an
orphan, and its time counts from the kill to that claim. So every time that is counted contains the
rest of a lease, and none is flattered by checkouts that other workers were busy with. What was due
but not claimed by anybody is not counted here: the others find it in the queue at once.

A flush of Redis is measured while all workers are held still for a moment, so that there are
bells to lose: what is due and unclaimed then has no bell any more. Its time counts from the flush
to its next claim.

PostgreSQL is not stopped while something is being measured, and no worker is killed while another
one is frozen: those times would be those of another fault. Everything else goes on meanwhile:
other processes are down or starting, and the provider answers badly.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

LOOK_SECONDS = 0.03
LOST_SECONDS = 60.0  # nobody came: counted with this time
SEEN = "id, fence, version, lease_until, now()"
HELD = f"SELECT {SEEN} FROM checkout_checkoutsession WHERE lease_until > now()"
DUE = (
    f"SELECT {SEEN} FROM checkout_checkoutsession WHERE due_at <= now()"
    " AND (lease_until IS NULL OR lease_until < now())"
)


@dataclass
class Times:
    """Seconds until somebody went on: after kills, after flushes, after a line was cut."""

    killed: list[float] = field(default_factory=list)
    cut: list[float] = field(default_factory=list)
    flushed: list[float] = field(default_factory=list)


@dataclass
class _Watched:
    since: float
    fence: int
    version: int
    lease_until: datetime | None
    into: list[float]


class Recovery(threading.Thread):
    """Watches checkouts in the database, from outside, until they move on."""

    def __init__(self, url: str) -> None:
        super().__init__(name="recovery", daemon=True)
        self.times = Times()
        self._url = url
        self._watched: dict[Any, _Watched] = {}
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._reading = threading.Lock()
        self._stopped = threading.Event()

    def held(self) -> list[tuple[Any, ...]]:
        """The checkouts under a live lease at this moment."""
        return self._read(HELD)

    def due(self) -> list[tuple[Any, ...]]:
        """The checkouts that are due, and that nobody has claimed."""
        return self._read(DUE)

    def watch(self, rows: list[tuple[Any, ...]], into: list[float]) -> None:
        """From now on, until each of them is claimed by somebody else."""
        now = time.monotonic()
        with self._lock:
            for pk, fence, version, lease_until, _ in rows:
                self._watched.setdefault(pk, _Watched(now, fence, version, lease_until, into))

    @property
    def watching(self) -> int:
        """How many checkouts have not moved on yet."""
        return len(self._watched)

    def settle(self, seconds: float) -> None:
        """Wait until nothing is watched any more, but not for ever."""
        until = time.monotonic() + seconds
        while self.watching and time.monotonic() < until:
            self._stopped.wait(LOOK_SECONDS)

    def stop(self) -> None:
        """Finish."""
        self._stopped.set()
        if self.is_alive():
            self.join()
        with self._reading:
            self._hang_up()

    def run(self) -> None:
        """Look many times a second while there is something to watch."""
        while not self._stopped.wait(LOOK_SECONDS):
            with self._lock:
                ids = list(self._watched)
            if ids:
                wanted = f"SELECT {SEEN} FROM checkout_checkoutsession WHERE id = ANY(%s)"
                for row in self._read(wanted, ids):
                    self.look_at(*row)
                self._give_up()

    def _read(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._reading:
            try:
                if self._connection is None:
                    self._connection = psycopg.connect(
                        self._url, autocommit=True, connect_timeout=2
                    )
                return self._connection.execute(sql.encode(), values or None).fetchall()
            except psycopg.Error:
                self._hang_up()
                return []  # it is down: the time goes on

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def look_at(
        self, pk: Any, fence: int, version: int, lease: datetime | None, now: datetime
    ) -> None:
        """Judge one row as it is now: whose lease it was shows in how it goes on."""
        seen = self._watched[pk]
        if fence > seen.fence:
            late = seen.lease_until is None or now >= seen.lease_until
            if late:
                seen.into.append(time.monotonic() - seen.since)
        elif (version, lease) == (seen.version, seen.lease_until):
            return
        with self._lock:
            del self._watched[pk]

    def _give_up(self) -> None:
        for pk, seen in list(self._watched.items()):
            if time.monotonic() - seen.since > LOST_SECONDS:
                seen.into.append(LOST_SECONDS)
                with self._lock:
                    del self._watched[pk]


def percentile(values: list[float], share: float) -> float | None:
    """The value below which this share of the values lies; None of none."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else None
