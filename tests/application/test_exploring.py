"""The proof's own rules: what it must not try, since it would not be true."""

from __future__ import annotations

import pytest

from checkout.testing.proof.exploring import Story, Trouble, tell
from checkout.testing.proof.scenarios import SCENARIOS

pytestmark = pytest.mark.django_db


def test_nobody_stalls_inside_a_transaction() -> None:
    """All share a connection: whoever acts meanwhile would be rolled back with it."""
    scenario = next(each for each in SCENARIOS if each.name == "happy")
    story = Story(scenario, remote=False)
    points = tell(story).points
    inside = points.index("inventory.commit:before")
    told = tell(story, (Trouble("stall", inside),))
    assert told.wrong == "it did not come to its trouble"
    claimed = points.index("claimed")
    assert tell(story, (Trouble("stall", claimed),)).wrong == ""
