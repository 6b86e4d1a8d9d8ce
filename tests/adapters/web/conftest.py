"""The pages in front of the real engine and database, with fake neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from checkout import bootstrap
from checkout.domain.value_objects.checkout_id import CheckoutId
from tests.adapters.api.asking import proven
from tests.adapters.web.visiting import Visitor
from tests.application.world import World


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """The world of the application tests, with a shop that proves carts."""
    with World() as built:
        bootstrap.use(replace(built.services, prove_cart=proven))
        yield built


@pytest.fixture
def shopper() -> Visitor:
    """The browser that the world's checkouts belong to."""
    return Visitor("browser", ("cart-1",))


@pytest.fixture
def started(world: World) -> CheckoutId:
    """A checkout that has just begun."""
    return world.start()


@pytest.fixture
def waiting(world: World, started: CheckoutId) -> CheckoutId:
    """A checkout that waits for its payment."""
    world.tick()
    return started
