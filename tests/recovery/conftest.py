"""Processes that are killed and servers that are broken exist in the production form only."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.chaos.servers import Place, postgres, redis
from tests.e2e.api import Shopper
from tests.e2e.browsing import MUG
from tests.e2e.stack import Stack
from tests.recovery.fleet import Fleet

# The embedded form is one process without servers: tests/e2e/test_kills.py kills that one.
collect_ignore = (
    []
    if Stack.production
    else [
        "test_backends_die.py",
        "test_servers_die.py",
        "test_workers_die.py",
    ]
)

log = logging.getLogger("tests.recovery")
Arrive = Callable[..., Shopper]


@pytest.fixture(scope="package")
def running() -> Iterator[Fleet]:
    """The production form, started once."""
    with postgres(Place()) as database, redis(Place()) as hints, Fleet(database, hints) as fleet:
        yield fleet


@pytest.fixture
def fleet(running: Fleet) -> Iterator[Fleet]:
    """The same; whatever a test breaks is whole after it, but for the workers that it killed."""
    yield running
    running.mend()


@pytest.fixture
def arrive(fleet: Fleet) -> Iterator[Arrive]:
    """Lets a shopper come, who places an order unless told otherwise; all leave with the test."""
    with ExitStack() as leaving:

        def one(order: bool = True) -> Shopper:
            shopper = leaving.enter_context(closing(Shopper(fleet.url)))
            if order:
                shopper.place_order(shopper.cart({MUG: 1}))
            return shopper

        yield one


@pytest.fixture
def told() -> Callable[[str, float], None]:
    """Writes a measured time into the log (`--log-cli-level=INFO`)."""

    def tell(what: str, seconds: float) -> None:
        log.info("%s: %.2f s", what, seconds)

    return tell
