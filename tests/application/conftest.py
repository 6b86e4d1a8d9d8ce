"""A checkout with fake neighbours and the real engine, repository and database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import pays
from checkout.testing.proof.world import World


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Fake neighbours around the real engine; the services are put back afterwards."""
    with World() as built:
        yield built


@pytest.fixture
def waiting(world: World) -> World:
    """A checkout that waits for its shopper."""
    world.start()
    world.tick()
    assert world.checkout.state == "awaiting_payment"
    return world


@pytest.fixture
def bought(world: World) -> World:
    """A placed order of 29.90 EUR."""
    world.start()
    drive(world, pays)
    assert world.checkout.state == "completed"
    return world
