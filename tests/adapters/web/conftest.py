"""The pages in front of the real engine and database, with fake neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client

from checkout import bootstrap
from checkout.adapters.inbound.access import OWNER
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.world import World
from tests.adapters.api.asking import proven
from tests.adapters.web.visiting import Visitor

OWNER_ID = "browser"  # the owner that World starts its checkouts for


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """The world of the application tests, with a shop that proves carts."""
    with World() as built:
        bootstrap.use(replace(built.services, prove_cart=proven))
        yield built


@pytest.fixture
def client() -> Client:
    """The browser that has the cart and owns what World starts. It enforces CSRF."""
    made = Client(enforce_csrf_checks=True)
    session = made.session
    session["carts"] = ["cart-1"]
    session[OWNER] = OWNER_ID
    session.save()
    made.cookies["sessionid"] = str(session.session_key)
    return made


@pytest.fixture
def page(world: World) -> str:
    """The address of a checkout that waits for its payment."""
    checkout_id = world.start()
    world.tick()
    assert world.checkout.state == "awaiting_payment"
    return f"/checkout/{checkout_id}/"


@pytest.fixture
def shopper() -> Visitor:
    """The same browser, without scripts, as somebody who reads pages and presses their buttons."""
    return Visitor(OWNER_ID, ("cart-1",))


@pytest.fixture
def started(world: World) -> CheckoutId:
    """A checkout that has just begun."""
    return world.start()


@pytest.fixture
def waiting(world: World, started: CheckoutId) -> CheckoutId:
    """A checkout that waits for its payment."""
    world.tick()
    return started
