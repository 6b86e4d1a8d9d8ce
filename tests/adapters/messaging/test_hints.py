"""Hints: they arrive when all is well, and cost nothing when it is not."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from checkout.adapters.outbound.messaging.progress_hints import ProgressHints
from checkout.adapters.outbound.scheduling.huey_scheduler import HueyScheduler
from checkout.application.hints import Hints
from checkout.domain.value_objects.checkout_id import new_checkout_id

# A hint may take 0.2 s; what the machine adds to that is not the hint's.
LONGEST = 0.2 + 0.15
AT_ONCE = 0.05


def ring(url: str) -> Callable[[], None]:
    """The bell of a worker whose Redis is there."""
    scheduler = HueyScheduler(url)
    return lambda: scheduler.ring(new_checkout_id())


def push(url: str) -> Callable[[], None]:
    """The progress push of a worker whose Redis is there."""
    hints = ProgressHints(url)
    return lambda: hints.changed(new_checkout_id(), 2)


def seconds(call: Callable[[], None]) -> float:
    """How long it takes."""
    began = time.monotonic()
    call()
    return time.monotonic() - began


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hint", [ring, push])
@pytest.mark.parametrize("trouble", ["dead_redis", "silent_redis", "unreachable_redis"])
def test_a_lost_redis_costs_a_fifth_of_a_second_once(
    hint: Callable[[str], Callable[[], None]], trouble: str, request: pytest.FixtureRequest
) -> None:
    give = hint(request.getfixturevalue(trouble))
    assert seconds(give) < LONGEST
    for _ in range(20):
        assert seconds(give) < AT_ONCE, "after a failure hints rest for a second"


def test_hints_come_back_after_their_rest() -> None:
    hints, given = Hints("a test", rest=0.05), []

    def broken() -> None:
        raise ConnectionError("gone")

    assert not hints.give(broken)
    assert not hints.give(lambda: given.append("too early"))
    until = time.monotonic() + 5
    while not hints.give(lambda: given.append("again")):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert given == ["again"]
