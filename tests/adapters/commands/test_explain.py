"""`checkout explain` says where a checkout is in every state, and `flow` prints the table."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from checkout.adapters.outbound.persistence.repositories.doctor_queries import DoctorQueries
from checkout.domain.exceptions import StorageUnavailable
from checkout.testing.proof.world import World
from tests.adapters.commands.conftest import STAGES, awaiting, completed

UNKNOWN = "2a566121-4260-4737-a9d7-b4a12da3b823"

SAID = {
    "started": "a worker acts next",
    "cart_frozen": "inventory.reserve (generation 1) is unknown after 1 try: unavailable",
    "inventory_reserved": "payments.initiate (generation 1) is unknown after 1 try: unavailable",
    "awaiting_payment": "The shopper acts next",
    "payment_confirmed": "orders.place (generation 1) is unknown after 1 try: unavailable",
    "completed": "Its order is order-1.",
    "aborting": "payments.close (generation 1) is unknown after 1 try",
    "aborted": "It failed in awaiting_payment with cancelled_by_shopper",
}


def say(*words: str) -> str:
    out = StringIO()
    call_command("checkout", *words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("state", STAGES)
def test_every_state_is_explained(world: World, state: str) -> None:
    STAGES[state](world)
    text = say("explain", str(world.id))
    assert f"is {state}, version {world.checkout.version}" in text
    assert SAID[state] in text


def test_what_waits_is_said(world: World) -> None:
    awaiting(world)
    world.order("recheck", actor="user:1")
    text = say("explain", str(world.id))
    assert "Not applied yet: recheck of user:1" in text
    assert "Nothing was charged." in text
    assert "a worker acts next" in text


def test_a_lease_is_said(world: World) -> None:
    world.start()
    assert world.id is not None
    assert world.services.repository.claim(world.id, 5) is not None
    assert "A worker is on it now" in say("explain", str(world.id))


def test_money_is_said(world: World) -> None:
    completed(world)
    assert "€29.90 is taken." in say("explain", str(world.id))


@pytest.mark.parametrize("wrong", [UNKNOWN, "nonsense", "'; drop", "0" * 500])
def test_an_unknown_id_is_a_sentence(world: World, wrong: str) -> None:
    with pytest.raises(CommandError, match=r"no checkout|not the id") as error:
        say("explain", wrong)
    assert error.value.returncode == 1


@pytest.mark.parametrize("words", [("doctor",), ("explain", UNKNOWN)])
def test_a_database_that_does_not_answer_is_a_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def down(*_: object) -> None:
        raise StorageUnavailable("it is down")

    monkeypatch.setattr(DoctorQueries, "of", down)
    monkeypatch.setattr(DoctorQueries, "overdue", down)
    with pytest.raises(CommandError, match="cannot be read: it is down"):
        say(*words)


def test_flow_prints_and_compares() -> None:
    assert "stateDiagram-v2" in say("flow")
    assert "| `freeze_cart` |" in say("flow")
    assert "The documents say" in say("flow", "--check")
