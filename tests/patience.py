"""How long a test waits for what must happen: long, since that costs time only when it fails.

How fast the product is, is measured by `tests.bench` and told in the documents. A test asks whether
it happens at all, and by which means: a busy machine is no fault of the product.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 240.0
LOOK_SECONDS = 0.02


def eventually(happened: Callable[[], object], told: Callable[[], object] = lambda: "") -> float:
    """How many seconds it took to happen. Raises AssertionError with what is told when it does not."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < SECONDS, f"It has not happened in {SECONDS} s. {told()}"
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began
