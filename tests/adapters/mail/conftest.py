"""A shopper with a basket and an address, a checkout of it, and events as they reach the shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F

from checkout import bootstrap
from checkout.testing.proof.world import World
from project.shop.mail.hearing import hear
from project.shop.models import Cart, Mail
from tests.adapters.api.asking import proven
from tests.adapters.mail.mailserver import MailServer, mail_server

EMAIL = "ada@example.org"


@pytest.fixture
def cart(db: None) -> Cart:
    """A basket of somebody who gave an address."""
    return Cart.objects.create(email=EMAIL, name="Ada", language="en")


@pytest.fixture
def world(cart: Cart) -> Iterator[World]:
    """The real engine with fake neighbours."""
    with World() as built:
        bootstrap.use(replace(built.services, prove_cart=proven))
        yield built


@pytest.fixture(scope="session")
def running_server() -> Iterator[MailServer]:
    """One mail server for all tests."""
    with mail_server() as server:
        yield server


@pytest.fixture
def server(running_server: MailServer, settings: Any) -> MailServer:
    """The mail server that the shop sends to; it has nothing yet and takes everything."""
    running_server.received, running_server.plan = [], []
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running_server.port
    settings.EMAIL_TIMEOUT = 5
    return running_server


def an_event(cart: Cart, kind: str = "link_requested", checkout: str = "", **data: Any) -> Any:
    """An envelope as the relay hands it over."""
    checkout = checkout or str(uuid4())
    said = {"checkout_id": checkout, "cart": str(cart.pk), "state": "awaiting_payment", **data}
    return {
        "id": str(uuid4()),
        "type": f"{kind}.v1",
        "subject": checkout,
        "time": "2026-01-05T12:00:00Z",
        "data": said,
    }


def heard(cart: Cart, kind: str = "link_requested", checkout: str = "", **data: Any) -> Mail:
    """A mail that is waiting."""
    event = an_event(cart, kind, checkout, **data)
    hear(event)
    return Mail.objects.get(event=event["id"])


def later(seconds: float) -> None:
    """Let time pass for what waits."""
    by = timedelta(seconds=seconds)
    moved = {name: F(name) - by for name in ("due_at", "lease_until", "heard_at")}
    Mail.objects.filter(ended_at=None).update(**moved)
