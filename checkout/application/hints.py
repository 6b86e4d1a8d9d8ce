"""Hints may fail: a dead Redis must never slow a shopper or stop a saga."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger("checkout.hints")


class Hints:
    """Gives hints by `give`, and after a failure gives none for a second (design §5.6)."""

    def __init__(self, what: str, rest: float = 1.0) -> None:
        self._what = what
        self._rest = rest
        self._resting_until = 0.0

    def give(self, hint: Callable[[], object]) -> bool:
        """Give one hint; False when it was skipped or failed. Never raises."""
        if time.monotonic() < self._resting_until:
            return False
        try:
            hint()
        except Exception as error:
            self._resting_until = time.monotonic() + self._rest
            log.warning("%s: skipped for %.0f s: %s", self._what, self._rest, error)
            return False
        return True
