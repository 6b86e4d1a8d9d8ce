"""A process dies or stalls at every point where it can; the next one must go on from there.

A few schedules of every story, with neighbours across the network on SQLite and in our database on
PostgreSQL, so that it takes a minute and not half an hour. `manage.py checkout prove` tells all.
"""

from __future__ import annotations

import pytest
from django.db import connection

from checkout.testing.proof.exploring import AT_EVERY_CALL, Story, Trouble, tell
from checkout.testing.proof.scenarios import SCENARIOS, Scenario

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silence")]
FEWEST_POINTS = {False: 15, True: 25}  # with the shop in the same database, steps share commits
SHARE = {True: 24, False: 48}  # one of so many; PostgreSQL takes thrice as long for each


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_trouble_at_any_point_breaks_nothing(scenario: Scenario) -> None:
    remote = connection.vendor == "sqlite"
    story = Story(scenario, remote)
    first = tell(story)
    assert not first.wrong, first.in_words
    assert len(first.crashes) >= FEWEST_POINTS[remote]
    schedules = [AT_EVERY_CALL, *(Trouble("crash", at) for at in first.crashes)]
    schedules += [Trouble("stall", at) for at in first.stalls]
    mine = schedules[:: SHARE[remote]]
    broken = [told.in_words for told in (tell(story, (t,)) for t in mine) if told.wrong]
    assert not broken, f"{len(broken)} of {len(mine)}:\n" + "\n".join(broken[:8])
