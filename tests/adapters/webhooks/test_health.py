"""Health: alive is cheap, ready means that checkouts move."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from checkout.adapters.outbound.persistence import database_time
from checkout.adapters.outbound.persistence.models import WorkerHeartbeat
from checkout.domain.exceptions import StorageUnavailable
from checkout.testing.proof.world import World

LIVE, READY = "/healthz/live", "/healthz/ready"


def test_alive_asks_nobody(client: Client) -> None:
    """No database fixture: a query would fail this test."""
    answer = client.get(LIVE)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]
    assert client.post(LIVE).status_code == 405


def test_ready_when_a_sweep_goes_round(world: World, client: Client) -> None:
    world.services.queries.beat("worker-1")
    answer = client.get(READY)
    shown = answer.json()
    assert (answer.status_code, shown["status"], shown["failing"]) == (200, "ok", [])
    assert shown["database"] == "ok"
    assert shown["sweep_seconds"] < 30
    assert shown["oldest_overdue_seconds"] == 0


def test_not_ready_without_a_sweep(world: World, client: Client) -> None:
    WorkerHeartbeat.objects.all().delete()
    assert client.get(READY).json()["failing"] == ["sweep"]
    world.services.queries.beat("worker-1")
    with database_time.shifted(31):
        answer = client.get(READY)
    assert (answer.status_code, answer.json()["failing"]) == (503, ["sweep"])


def test_not_ready_when_a_checkout_is_left_lying(world: World, client: Client) -> None:
    world.start()
    with database_time.shifted(40):
        world.services.queries.beat("worker-1")
        answer = client.get(READY)
    assert (answer.status_code, answer.json()["failing"]) == (503, ["overdue"])
    assert answer.json()["oldest_overdue_seconds"] >= 39


def test_not_ready_without_a_database(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> float:
        raise StorageUnavailable("at 10.0.0.1")

    monkeypatch.setattr(world.services.queries, "oldest_overdue", away)
    answer = client.get(READY)
    assert (answer.status_code, answer.json()["failing"]) == (503, ["database"])
    assert b"10.0.0.1" not in answer.content


def test_a_dead_redis_is_reported_and_not_red(
    world: World, client: Client, settings: LazySettings
) -> None:
    world.services.queries.beat("worker-1")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get(READY)
    assert (answer.status_code, answer.json()["redis"]) == (200, "unreachable")
