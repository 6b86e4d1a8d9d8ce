"""The API in front of the real engine and database, with fake neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from checkout import bootstrap
from checkout.domain.value_objects.checkout_id import parse_checkout_id
from checkout.testing.proof.world import World
from tests.adapters.api.asking import START, Caller, body_of, browser, proven


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """The world of the application tests, with a shop that proves carts."""
    with World() as built:
        bootstrap.use(replace(built.services, prove_cart=proven))
        yield built


@pytest.fixture
def shopper(world: World) -> Caller:
    """The browser that has the cart."""
    return browser("cart-1")


@pytest.fixture
def started(world: World, shopper: Caller) -> str:
    """The address of a checkout that this browser has just started."""
    shown = body_of(shopper.start())
    world.id = parse_checkout_id(shown["id"])
    return f"{START}/{shown['id']}"


@pytest.fixture
def waiting(world: World, started: str) -> str:
    """The address of a checkout that waits for its payment."""
    world.tick()
    return started
