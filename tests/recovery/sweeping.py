"""A sweep that goes round often, and waiting for what must happen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from checkout.adapters.inbound.hands import Hands
from checkout.adapters.inbound.sweep import THREADS, Sweep

HANGING = 0.3


@contextmanager
def sweeping() -> Iterator[Sweep]:
    """Rounds without a pause, and little patience with a thread that hangs."""
    sweep = Sweep(every=0.02, overdue=0.0)
    sweep.ticking = Hands("tick", THREADS, HANGING)
    sweep.telling = Hands("tell", 1, HANGING)
    sweep.start()
    try:
        yield sweep
    finally:
        sweep.stop()
        sweep.join()
