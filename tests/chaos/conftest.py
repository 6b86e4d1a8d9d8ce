"""A bounded run, in the form that the test run asks for; its books stay for those who judge them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.chaos.campaign import Campaign, Outcome, Plan
from tests.chaos.estates import Estate, Household
from tests.chaos.servers import Place, postgres, redis
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack

SEED = 7  # always the same faults and purchases; their moments differ all the same
PRODUCTION = Plan(0.17, SEED, checkouts=12, kills=3, completed=6, shoppers=8, window=10)
EMBEDDED = Plan(0.12, SEED, checkouts=6, kills=1, completed=3, shoppers=4, window=8)


@dataclass
class Ended:
    """A run that is over, with nothing running any more but the database."""

    outcome: Outcome
    ledgers: Ledgers
    production: bool


@pytest.fixture(scope="package")
def ended() -> Iterator[Ended]:
    """Run it once."""
    with ExitStack() as running:
        estate: Household | Estate
        if Stack.production:
            database = running.enter_context(postgres(Place()))
            estate = Estate(database, running.enter_context(redis(Place())), PRODUCTION.window)
        else:
            estate = Household(EMBEDDED.window)
        running.enter_context(estate)
        plan = PRODUCTION if Stack.production else EMBEDDED
        outcome = Campaign(estate, plan, lambda line: None).run()
        estate.stop_all()
        yield Ended(outcome, Ledgers(estate), Stack.production)
