"""Tells an outage of our database from one row that fails alone: the latter is a bug like any other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from checkout.domain.value_objects.checkout_id import CheckoutId

ALONE_SECONDS = 60.0


class Troubles:
    """What this process has seen: which checkouts ended with the database's errors, and since when.

    A row fails alone when it fails again and again for a minute, and between any two of its failures
    another checkout was stored. In an outage nobody is, so that everybody's minute starts anew.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failing: dict[CheckoutId, tuple[float, float]] = {}  # the first and the last failure
        self._worked_at = clock()

    def failed(self, checkout_id: CheckoutId) -> None:
        """The database did not answer a tick of this checkout."""
        with self._lock:
            now = self._clock()
            since, last = self._failing.get(checkout_id, (now, now))
            self._forget_the_old(now)
            again = checkout_id in self._failing and self._worked_at >= last
            self._failing[checkout_id] = (since if again else now, now)

    def worked(self, checkout_id: CheckoutId) -> None:
        """A tick of this checkout was stored."""
        with self._lock:
            self._failing.pop(checkout_id, None)
            self._worked_at = self._clock()

    def alone(self, checkout_id: CheckoutId) -> bool:
        """Whether this row has been failing alone for a minute."""
        with self._lock:
            self._forget_the_old(self._clock())
            since, last = self._failing.get(checkout_id, (0.0, 0.0))
            return last - since > ALONE_SECONDS

    def _forget_the_old(self, now: float) -> None:
        """Another process may have stored a row that did not fail here for a minute."""
        recent = {
            known: seen for known, seen in self._failing.items() if now - seen[1] < ALONE_SECONDS
        }
        self._failing = recent
