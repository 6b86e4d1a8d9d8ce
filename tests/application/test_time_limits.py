"""`within` is judged only after a try has failed: our own outage aborts nobody."""

from __future__ import annotations

import pytest

from checkout.sagas.checkout_saga import FLOW, STARTED, Step
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import pays
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db
LIMITED = [step for step in FLOW if step.within is not None and step.name != "await_payment_result"]


def calls_of(step: Step) -> str:
    """A call of this step that is made in every checkout."""
    return step.calls[-1]


@pytest.mark.parametrize("step", LIMITED, ids=lambda step: step.name)
def test_an_outage_of_our_own_aborts_nobody(step: Step) -> None:
    """The process dies in this step and nobody looks for an hour: it goes on, and completes."""
    with World(remote=True) as world:
        port, method = calls_of(step).split(".")
        world.neighbours[port].trouble(method, "crash_before")
        world.start()
        with pytest.raises(BaseException, match="before"):
            world.tick()
        assert world.checkout.state == step.state
        world.shift(3600)
        drive(world, pays)
        assert world.checkout.state == "completed"
        check(world, most_calls=2)


@pytest.mark.parametrize("step", LIMITED, ids=lambda step: step.name)
def test_a_late_answer_counts_as_long_as_it_comes(step: Step) -> None:
    """Long past the limit the next try works: what works is not thrown away."""
    with World(remote=True) as world:
        port, method = calls_of(step).split(".")
        world.neighbours[port].trouble(method, "unavailable")
        world.start()
        world.tick()
        world.shift(3600)
        drive(world, pays)
        assert world.checkout.state == "completed"
        check(world, most_calls=2)


@pytest.mark.parametrize("step", LIMITED, ids=lambda step: step.name)
def test_silence_is_tolerated_up_to_the_limit_and_not_beyond(step: Step) -> None:
    assert step.within is not None
    with World(remote=True) as world:
        port, method = calls_of(step).split(".")
        world.neighbours[port].trouble(method, "unavailable", 500)
        world.start()
        world.tick()
        world.later(step.within - 2)
        assert world.checkout.state == step.state
        world.later(4)
        assert world.checkout.state != step.state
        world.neighbours[port].forget_troubles()
        world.shift(60)
        drive(world, pays)
        assert world.checkout.failure is not None
        assert world.checkout.failure.code == "timed_out"
        assert world.checkout.failure.detail == {"step": step.name}
        check(world)


def test_the_host_may_set_the_limit() -> None:
    with World(remote=True, within={"freeze_cart": 3600}) as world:
        world.carts.trouble("snapshot", "unavailable", 500)
        world.start()
        world.tick()
        world.later(3000)
        assert world.checkout.state == STARTED
        world.later(900)
        assert world.checkout.state != STARTED


def test_no_limit_gives_up_what_has_an_order() -> None:
    """After `orders.place` it only goes forward, whatever the host has set."""
    with World(remote=True, within={"finalize_order": 1}) as world:
        world.payments.trouble("capture", "unavailable", 5)
        world.start()
        world.tick()
        world.payments.pay()
        world.order("confirm")
        for _ in range(4):
            world.tick()
            world.jump()
        assert world.checkout.state == "payment_confirmed"
        drive(world, pays)
        assert world.checkout.state == "completed"
        check(world)
