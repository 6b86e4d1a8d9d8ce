"""Two actors meet at every point where they can, and no promise is broken.

Here a part of the schedules is tried, spread evenly over the points; all of them, with more
pre-emptions: `python -m tests.interleavings`. On SQLite, which has one writer at a time, they meet
between transactions; on PostgreSQL also inside, where one may wait for the lock of the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.interleavings.exploring import Explorer
from tests.interleavings.pairs import PAIRS, Pair
from tests.interleavings.parts import staff_aborts, works
from tests.interleavings.schedules import Played, Schedule, Stage, Step, explore

pytestmark = pytest.mark.django_db(transaction=True)

MOST = 10  # schedules of one pair
FEWEST = 8
TOLD_HERE = [pair for pair in PAIRS if pair.remote]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Two actors, kept for all pairs."""
    with Stage(2) as built:
        yield built


@pytest.mark.parametrize("pair", TOLD_HERE, ids=lambda pair: pair.name)
def test_however_they_meet_no_promise_is_broken(stage: Stage, pair: Pair) -> None:
    """B7, C2: two at once end as one after the other would."""
    found = Explorer(stage).explore(pair, preemptions=2, most=MOST)
    assert not found.violations, "\n".join(found.violations)
    assert len(found.schedules) >= FEWEST


def test_who_waits_for_a_lock_is_known_and_the_other_one_goes_on(stage: Stage) -> None:
    """The worker stops inside its transaction; the command waits for its row, then goes on too."""
    pair = next(pair for pair in PAIRS if (pair.first, pair.second) == (works, staff_aborts))
    found = Explorer(stage).explore(pair, preemptions=1, most=30)
    assert not found.violations
    points = {point for trace in found.schedules for _, point in trace}
    inside = "from outbox"  # the number of the next event, read after the row was written
    assert (inside in points) == (connection.vendor == "postgresql")


def test_the_search_tries_every_schedule_once() -> None:
    """Two actors with two steps each: 2 orders without, 6 with any number of pre-emptions."""

    def play(schedule: Schedule) -> Played:
        left, last, played = [2, 2], None, Played()
        while any(left):
            could = tuple(actor for actor in (0, 1) if left[actor])
            number = len(played.steps)
            wanted = schedule[number] if number < len(schedule) else last
            chosen = wanted if wanted is not None and wanted in could else could[0]
            played.steps.append(Step(chosen, f"step {left[chosen]}", could, last))
            left[chosen] -= 1
            last = chosen
        return played

    for preemptions, schedules in ((0, 2), (1, 4), (2, 6), (3, 6)):
        tried = [played.trace for played in explore(play, preemptions)]
        assert len(tried) == len(set(tried)) == schedules
