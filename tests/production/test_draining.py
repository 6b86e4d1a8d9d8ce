"""Health says when a process is about to end, so that a proxy looks elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from checkout.adapters.inbound.health import DRAINING
from checkout.testing.proof.world import World


@pytest.fixture
def draining() -> Iterator[None]:
    """This process has been told to end."""
    DRAINING.set()
    yield
    DRAINING.clear()


def test_live_turns_red_and_asks_nobody(draining: None, client: Client) -> None:
    """No database fixture: a query would fail this test."""
    answer = client.get("/healthz/live")
    assert (answer.status_code, answer.json()) == (503, {"status": "draining"})


@pytest.mark.django_db
def test_ready_says_that_it_is_only_draining(draining: None, client: Client) -> None:
    with World() as world:
        world.services.queries.beat("worker-1")
        answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["draining"])
