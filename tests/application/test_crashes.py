"""A process dies at every point where it can, once per run; the next one must go on from there.

Every story is first told without trouble, which records the points. Then it is told again once for
each point, dying there. What must hold afterwards is always the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from tests.application.invariants import check
from tests.application.scenarios import SCENARIOS, Scenario, drive, told

pytestmark = pytest.mark.django_db

FEWEST_POINTS = {"local": 20, "remote": 30}


@pytest.mark.parametrize("neighbours", ["local", "remote"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_crash_at_any_point_breaks_nothing(scenario: Scenario, neighbours: str) -> None:
    remote = neighbours == "remote"
    with undone():
        points = _points(scenario, remote)
    assert len(points) >= FEWEST_POINTS[neighbours]
    broken = []
    for number, point in enumerate(points):
        if point == "push:before":
            continue  # nothing is stored between the commit before it and the push
        with undone():
            trouble = _told_with_a_crash(scenario, remote, number)
        if trouble:
            broken.append(f"{number} {point}: {trouble}")
    assert not broken, f"{len(broken)} of {len(points)}:\n" + "\n".join(broken[:8])


@contextmanager
def undone() -> Iterator[None]:
    """The database is afterwards as it was: every run begins with an empty one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _points(scenario: Scenario, remote: bool) -> list[str]:
    with told(scenario, remote) as world:
        drive(world, scenario.shopper)
        assert world.checkout.state == scenario.ends
        check(world, most_calls=1)
        return list(world.faults)


def _told_with_a_crash(scenario: Scenario, remote: bool, number: int) -> str:
    with told(scenario, remote) as world:
        world.crash_on = {number}
        try:
            drive(world, scenario.shopper)
            assert world.crashes == 1, "it did not crash"
            assert world.checkout.state == scenario.ends, f"it ended {world.checkout.state}"
            check(world, most_calls=2)
        except AssertionError as broken:
            return str(broken).split("\n", 1)[0]
    return ""
