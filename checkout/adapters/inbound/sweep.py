"""The sweep: every worker process looks once a second for what everybody forgot.

It never goes through the queue, because the queue may be what failed. Rows that are overdue by more
than a second and that nobody drives are ticked by a small pool of its own.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections, connection

from checkout.bootstrap import services
from checkout.domain.value_objects.checkout_id import CheckoutId

log = logging.getLogger("checkout.sweep")
EVERY_SECONDS = 1.0
OVERDUE_SECONDS = 1.0
AT_ONCE = 100
THREADS = 4


class Sweep(threading.Thread):
    """One round a second: overdue checkouts, parked messages, waiting events, heartbeat."""

    def __init__(self, every: float = EVERY_SECONDS, overdue: float = OVERDUE_SECONDS) -> None:
        super().__init__(name="checkout-sweep", daemon=True)
        self.every = every
        self.overdue = overdue
        self.worker = f"{socket.gethostname()}:{os.getpid()}"
        self._stopped = threading.Event()
        self._under_way: set[CheckoutId] = set()

    def run(self) -> None:
        """Go round until stopped. One bad round or row never stops the others."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="checkout-sweep") as pool:
            while not self._stopped.wait(self.every):
                try:
                    self.round(pool)
                except Exception:
                    log.exception("a round of the sweep failed")
                finally:
                    close_old_connections()
        connection.close()

    def stop(self) -> None:
        """End after the current round."""
        self._stopped.set()

    def round(self, pool: ThreadPoolExecutor) -> None:
        """One round; the ticks themselves run in the pool."""
        chosen = services()
        chosen.queries.beat(self.worker)
        for checkout_id in chosen.repository.due(self.overdue, AT_ONCE):
            if checkout_id not in self._under_way:
                self._under_way.add(checkout_id)
                pool.submit(self._tick, checkout_id)
        chosen.repository.adopt_all_parked()
        chosen.relay.deliver_waiting()

    def _tick(self, checkout_id: CheckoutId) -> None:
        try:
            services().engine.tick(checkout_id, "system:sweep")
        except Exception:
            log.exception("checkout %s: the sweep could not tick it", checkout_id)
        finally:
            self._under_way.discard(checkout_id)
            connection.close()


_starting = threading.Lock()
_running: dict[int, Sweep] = {}


def start_sweep() -> Sweep:
    """Start this process's sweep, once."""
    with _starting:
        sweep = _running.get(os.getpid())
        if sweep is None or not sweep.is_alive():
            sweep = _running[os.getpid()] = Sweep()
            sweep.start()
        return sweep
