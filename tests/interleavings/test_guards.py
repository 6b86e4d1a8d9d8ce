"""The same search with one guard taken off must find something: so it can find something."""

from __future__ import annotations

import pytest

from checkout.bootstrap import Parts
from tests.interleavings import guards
from tests.interleavings.exploring import Explorer
from tests.interleavings.pairs import PAIRS
from tests.interleavings.schedules import Stage

pytestmark = pytest.mark.django_db(transaction=True)

MOST = 120
WITHOUT = {
    "the lease": (Parts(repository=guards.NoLease), "worker + worker: start"),
    "the fence": (Parts(repository=guards.NoFence), "zombie: start"),
    "the wake": (Parts(repository=guards.NoWake), "worker + staff: start"),
    "one transaction to claim": (Parts(repository=guards.ClaimInTwo), "zombie: start"),
    "the order of events": (Parts(outbox=guards.NoOrder), "worker + sweep: events"),
}


@pytest.mark.parametrize("guard", WITHOUT)
def test_without_this_guard_a_promise_is_broken(guard: str) -> None:
    parts, name = WITHOUT[guard]
    pair = next(pair for pair in PAIRS if pair.name == name)
    with Stage(2) as stage:
        found = Explorer(stage, parts).explore(pair, preemptions=2, most=MOST, violations=1)
    assert found.violations, f"{len(found.schedules)} schedules without {guard} broke nothing"
