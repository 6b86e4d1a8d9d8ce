"""`checkout resume` drives a checkout without any worker, and does no harm beside one."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from checkout.testing.proof.world import World
from tests.adapters.commands.conftest import aborting, confirmed, started
from tests.adapters.commands.test_explain import UNKNOWN


def resume(*ids: str) -> str:
    out = StringIO()
    call_command("checkout", "resume", *ids, "--reason", "no worker", stdout=out)
    return out.getvalue()


def test_without_any_worker_a_checkout_goes_on(world: World) -> None:
    started(world)
    text = resume(str(world.id))
    assert world.state == "awaiting_payment"
    assert "It did what was due." in text
    assert "The shopper acts next" in text


def test_a_pause_is_not_waited_for(world: World) -> None:
    """`orders.place` was not answered, and would be asked again only after a pause."""
    confirmed(world)
    world.orders.forget_troubles()
    resume(str(world.id))
    assert world.state == "completed"
    assert not world.untold


def test_an_undo_goes_on_too(world: World) -> None:
    aborting(world)
    world.payments.forget_troubles()
    resume(str(world.id))
    assert world.state == "aborted"
    assert not world.inventory.held


def test_beside_a_worker_it_leaves_a_word_and_goes(world: World) -> None:
    started(world)
    lease = world.services.repository.claim(world.known, 5)
    assert lease is not None
    with pytest.raises(CommandError, match="Not resumed"):
        resume(str(world.id))
    assert world.state == "started"
    assert world.row.wake == lease.wake + 1  # whoever has the lease will look again


@pytest.mark.parametrize("wrong", [UNKNOWN, "nonsense"])
def test_one_that_is_unknown_stops_no_other(world: World, wrong: str) -> None:
    started(world)
    with pytest.raises(CommandError, match=f"Not resumed: {wrong}"):
        resume(wrong, str(world.id))
    assert world.state == "awaiting_payment"
