"""A sweep that goes round often, and waiting for what must happen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from checkout.adapters.inbound.hands import Hands
from checkout.adapters.inbound.sweep import THREADS, Sweep

SOON = 10.0  # seconds; what is waited for takes well under one
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
        sweep.join(SOON)


def eventually(happened: Callable[[], object], within: float = SOON) -> float:
    """How long it took to happen. Raises AssertionError when it took too long."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < within, f"It did not happen within {within} s."
        time.sleep(0.02)
    return time.monotonic() - began
