"""A real checkout, driven to its end, publishes what the contract says."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from checkout.testing.builders import free_snapshot
from checkout.testing.proof.world import World
from tests.contracts.documents import completed, errors_of, jsonschema

EVENT = "checkout_completed.v1"


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Fake neighbours around the real engine."""
    with World() as built:
        yield built


@pytest.fixture
def published(world: World) -> dict[str, Any]:
    """The envelope that a completed checkout published."""
    world.start()
    world.tick()
    world.payments.pay()
    world.order("confirm")
    world.tick()
    return _only(world)


def _only(world: World) -> dict[str, Any]:
    found = [event for event in world.published.events if event["type"] == EVENT]
    assert len(found) == 1
    return found[0]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(completed())


def test_a_completed_checkout_keeps_the_contract(world: World, published: dict[str, Any]) -> None:
    assert errors_of(completed(), published) == []
    assert published["data"]["total"] == published["data"]["captured"] == 2990
    assert published["subject"] == published["data"]["checkout_id"] == str(world.id)
    assert published["data"]["digest"] == world.checkout.frozen.digest


def test_so_does_one_that_cost_nothing(world: World) -> None:
    world.carts.carts["cart-1"] = free_snapshot()
    world.start()
    world.tick()
    event = _only(world)
    assert errors_of(completed(), event) == []
    assert (event["data"]["total"], event["data"]["payment"]) == (0, "")


@pytest.mark.parametrize("name", sorted(completed()["$defs"]["data"]["properties"]))
def test_nothing_may_be_missing(published: dict[str, Any], name: str) -> None:
    broken = copy.deepcopy(published)
    del broken["data"][name]
    assert errors_of(completed(), broken) != []


@pytest.mark.parametrize(
    "change",
    [
        {"buyer": {"email": "ada@example.com"}},
        {"total": 29.9},
        {"total": -1},
        {"currency": "euro"},
        {"digest": "abc"},
        {"lines": []},
        {"order": ""},
        {"completed_at": "yesterday"},
    ],
)
def test_nothing_else_may_be_there(published: dict[str, Any], change: dict[str, Any]) -> None:
    broken = {**published, "data": {**published["data"], **change}}
    assert errors_of(completed(), broken) != []


def test_every_part_is_strict() -> None:
    parts = [part for part in completed()["$defs"].values() if part["type"] == "object"]
    assert {part["additionalProperties"] for part in parts} == {False}
    assert all(set(part["required"]) == set(part["properties"]) for part in parts)
