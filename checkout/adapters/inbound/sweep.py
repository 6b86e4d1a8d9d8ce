"""The sweep: every worker process looks twice a second for what everybody forgot.

It never goes through the queue, because the queue may be what failed. Rows that are overdue by more
than a second and that nobody drives are ticked by a few threads of its own. A round only hands out
work, so that no port and no receiver of events can hold it up; a heartbeat says that it goes round.
Now and then it asks whether a periodic job is due (`rounds`), which one of all workers then does;
the same goes for the bulk recoveries of staff.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from functools import partial

from checkout.adapters.inbound import rounds
from checkout.adapters.inbound.connections import close_connections, kept_connections
from checkout.adapters.inbound.hands import Hands
from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable

log = logging.getLogger("checkout.sweep")
EVERY_SECONDS = 0.5
OVERDUE_SECONDS = 1.0
JOBS_SECONDS = 5.0  # how often this process asks whether a periodic job is due
AT_ONCE = 100
THREADS = 4
STOP_SECONDS = 5.0
LOST_SECONDS = 60.0  # a round that takes longer will never end: the database's limits are shorter


class Sweep(threading.Thread):
    """Rounds over overdue checkouts, parked messages, and waiting events, each with a heartbeat."""

    def __init__(self, every: float = EVERY_SECONDS, overdue: float = OVERDUE_SECONDS) -> None:
        super().__init__(name="checkout-sweep", daemon=True)
        self.every = every
        self.overdue = overdue
        self.worker = f"{socket.gethostname()}:{os.getpid()}"
        self.ticking = Hands("checkout-tick", THREADS)
        self.telling = Hands("checkout-tell", 1)
        self.watching = Hands("checkout-watch", 1)
        self.recovering = Hands("checkout-bulk", 1)
        self._jobs_asked = time.monotonic()
        self._stopped = threading.Event()
        self._round_began = time.monotonic()
        self._storage_away = False
        self._able = True

    def run(self) -> None:
        """Go round until stopped. One bad round or row never stops the others."""
        while not self._stopped.wait(self.every):
            self._round_began = time.monotonic()
            with kept_connections():
                self.round()
        self.ticking.stop(STOP_SECONDS)
        self.telling.stop(0)
        self.watching.stop(0)
        self.recovering.stop(0)
        close_connections()

    def stop(self) -> None:
        """End after the current round, and let ticks that run finish."""
        self._stopped.set()

    def goes_round(self) -> bool:
        """False when this thread has ended, or hangs in a round."""
        late = time.monotonic() - self._round_began > LOST_SECONDS
        return self.is_alive() and not self._stopped.is_set() and not late

    def round(self) -> None:
        """One round. What fails in one part is left out, and the other parts are done."""
        parts: list[Callable[[], object]] = [
            self._beat,
            self._find_overdue,
            self._adopt,
            self._tell,
            self._do_jobs,
            self._recover,
        ]
        for part in parts:
            try:
                part()
            except StorageUnavailable as error:
                self._say_away(error)
                return
            except Exception:
                log.exception("a part of the sweep's round failed")
        self._storage_away = False

    def _beat(self) -> None:
        """Only who can work says so: with every thread hanging, health should turn red."""
        able = self.ticking.able()
        if able:
            services().queries.beat(self.worker)
        elif self._able:
            log.error("all threads of the sweep hang: this process should be restarted")
        self._able = able

    def _find_overdue(self) -> None:
        for checkout_id in services().repository.due(self.overdue, AT_ONCE):
            tick = partial(services().engine.tick, checkout_id, "system:sweep")
            self.ticking.give(checkout_id, tick)

    def _adopt(self) -> None:
        services().repository.adopt_all_parked()

    def _tell(self) -> None:
        self.telling.able()
        self.telling.give("events", services().relay.deliver_waiting)

    def _do_jobs(self) -> None:
        self.watching.able()
        if time.monotonic() - self._jobs_asked >= JOBS_SECONDS:
            self._jobs_asked = time.monotonic()
            self.watching.give("jobs", rounds.do_due)

    def _recover(self) -> None:
        """Bulk recoveries, which one of all workers goes on with."""
        self.recovering.able()
        self.recovering.give("bulk", services().recovery.work)

    def _say_away(self, error: Exception) -> None:
        """Once per outage, not twice a second."""
        if not self._storage_away:
            log.warning("the database does not answer the sweep, which goes on asking: %s", error)
        self._storage_away = True


_starting = threading.Lock()
_running: dict[int, Sweep] = {}


def start_sweep() -> Sweep:
    """Start this process's sweep, unless it goes round: one that died or hangs is replaced."""
    with _starting:
        sweep = _running.get(os.getpid())
        if sweep is None or not sweep.goes_round():
            if sweep is not None:
                log.error("the sweep of this process had stopped; a new one is started")
                sweep.stop()
            sweep = _running[os.getpid()] = Sweep()
            sweep.start()
        return sweep


def stop_sweep() -> None:
    """Stop this process's sweep and wait for its ticks, for a few seconds."""
    with _starting:
        sweep = _running.pop(os.getpid(), None)
    if sweep is not None:
        sweep.stop()
        sweep.join(STOP_SECONDS + 1)
