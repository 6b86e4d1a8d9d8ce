"""How long a test waits for what must happen: long, since that costs time only when it fails.

How fast the product is, is measured by `tests.bench` and told in the documents. A test asks whether
it happens at all, and by which means: a busy machine is no fault of the product.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 240.0
LOOK_SECONDS, MOST_LOOK_SECONDS = 0.02, 0.25


def eventually(happened: Callable[[], object], told: Callable[[], object] = lambda: "") -> float:
    """How many seconds it took to happen. Raises AssertionError with what is told when it does not.

    The longer it takes, the more rarely it looks: whoever looks takes time from whoever works.
    """
    began = time.monotonic()
    while not happened():
        passed = time.monotonic() - began
        assert passed < SECONDS, f"It has not happened in {SECONDS} s. {told()}"
        time.sleep(min(max(LOOK_SECONDS, passed / 10), MOST_LOOK_SECONDS))
    return time.monotonic() - began
