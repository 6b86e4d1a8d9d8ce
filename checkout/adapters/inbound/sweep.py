"""The sweep: every worker process looks twice a second for what everybody forgot.

It never goes through the queue, because the queue may be what failed. Rows that are overdue by more
than a second and that nobody drives are ticked by a few threads of its own; those that may still
wait in a queue that is being worked off only a few seconds later. A round only hands out work, so
that no port and no receiver of events can hold it up; a heartbeat says that it goes round.
Now and then it asks whether a periodic job is due (`rounds`), which one of all workers then does;
the same goes for the bulk recoveries of staff.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from collections.abc import Callable
from functools import partial

from checkout.adapters.inbound import queue_watch, rounds
from checkout.adapters.inbound.connections import close_connections, kept_connections
from checkout.adapters.inbound.hands import Hands
from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable
from checkout.domain.value_objects.checkout_id import CheckoutId

log = logging.getLogger("checkout.sweep")
EVERY_SECONDS = 0.5
OVERDUE_SECONDS = 1.0
QUEUED_SECONDS = 5.0  # so much longer for what may still wait in a queue that is worked off
JOBS_SECONDS = 5.0  # how often this process asks whether a periodic job is due
TELL_EVERY, ADOPT_EVERY, BEAT_EVERY = 2, 4, 10  # of how many rounds one does it
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
        self._rounds = 0
        self._stopped = threading.Event()
        self._round_began = time.monotonic()
        self._storage_away = False
        self._able = True

    def run(self) -> None:
        """Go round until stopped. One bad round or row never stops the others."""
        while not self._stopped.wait(self.every * random.uniform(0.8, 1.2)):
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
        parts: list[tuple[int, Callable[[], object]]] = [
            (BEAT_EVERY, self._beat),
            (1, self._find_overdue),
            (ADOPT_EVERY, services().repository.adopt_all_parked),
            (TELL_EVERY, self._tell),
            (1, self._do_jobs),
            (TELL_EVERY, self._recover),
        ]
        number, self._rounds = self._rounds, self._rounds + 1
        for every, part in parts:
            if number % every:
                continue
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
        if self._able:
            services().queries.beat(self.worker)

    def _find_overdue(self) -> None:
        """In no order, so that not all sweeps begin with the same."""
        self._look_after_hands()
        found = self._overdue()
        random.shuffle(found)
        for checkout_id in found:
            tick = partial(services().engine.tick, checkout_id, "system:sweep")
            self.ticking.give(checkout_id, tick)

    def _look_after_hands(self) -> None:
        able = self.ticking.able()
        if self._able and not able:
            log.error("all threads of the sweep hang: this process should be restarted")
        self._able = able

    def _overdue(self) -> list[CheckoutId]:
        """Whose driver is gone is no longer in the queue; what nobody has claimed may be."""
        chosen = services()
        found = list(chosen.repository.due(self.overdue, AT_ONCE))
        if not found or not queue_watch.is_worked_off():
            return found
        left = chosen.queries.abandoned(self.overdue, AT_ONCE)
        return list({*left, *chosen.repository.due(self.overdue + QUEUED_SECONDS, AT_ONCE)})

    def _tell(self) -> None:
        """Events that were left over; those that are younger are just being told."""
        self.telling.able()
        tell = partial(services().relay.deliver_waiting, overdue=self.overdue)
        self.telling.give("events", tell)

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
