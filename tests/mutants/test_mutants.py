"""Each seeded bug is noticed by the proof: its score is the share of those that are.

All of them on SQLite; on PostgreSQL those in what the database is asked for.
"""

from __future__ import annotations

import pytest
from django.conf import settings

from tests.mutants.catalogue import MUTANTS, STORING, Mutant, caught

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silence")]
FEWEST = 20
ON_SQLITE = "sqlite" in settings.DATABASES["default"]["ENGINE"]
MINE = MUTANTS if ON_SQLITE else STORING


def test_there_are_enough_of_them_and_none_twice() -> None:
    names = {mutant.name for mutant in MUTANTS}
    assert len(names) == len(MUTANTS) >= FEWEST


@pytest.mark.parametrize("mutant", MINE, ids=lambda mutant: mutant.name)
def test_the_proof_notices_it(mutant: Mutant) -> None:
    """Without the bug the same stories go well: `tests/application/test_crashes.py`."""
    assert caught(mutant), f"Nobody noticed: {mutant.name}"
