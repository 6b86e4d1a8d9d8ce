"""What shopper and staff may order, in every state, and that too late means too late."""

from __future__ import annotations

import pytest

from checkout.domain.exceptions import Refused, UnknownCheckout
from checkout.domain.value_objects.checkout_id import new_checkout_id
from checkout.testing.proof.invariants import check, check_always
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db

# The call at which a checkout is stopped in each of the states, so that it can be ordered about.
STOPPED_AT = {
    "started": "carts.close",
    "cart_frozen": "inventory.reserve",
    "inventory_reserved": "payments.initiate",
    "awaiting_payment": "",
    "payment_confirmed": "inventory.commit",
}
CANCELLABLE = [state for state in STOPPED_AT if state != "payment_confirmed"]


def stopped_in(world: World, state: str) -> None:
    """Bring a checkout into a state and have the next call not answered."""
    if STOPPED_AT[state]:
        port, method = STOPPED_AT[state].split(".")
        world.neighbours[port].trouble(method, "lost", 1)
    world.start()
    world.tick()
    if state == "payment_confirmed":
        world.payments.pay()
        world.order("confirm")
        world.tick()
    assert world.checkout.state == state


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
@pytest.mark.parametrize("state", CANCELLABLE)
@pytest.mark.parametrize("actor", ["shopper", "user:7"])
def test_cancelling_gives_everything_back(state: str, remote: bool, actor: str) -> None:
    """H2: in every state there is a way back."""
    with World(remote) as world:
        stopped_in(world, state)
        world.order("abort", reason="changed my mind", actor=actor)
        drive(world, idle)
        checkout = world.checkout
        assert checkout.state == "aborted"
        assert checkout.failure is not None
        by = "shopper" if actor == "shopper" else "staff"
        assert checkout.failure.code == f"cancelled_by_{by}"
        edge = next(p for p in checkout.history if p.edge == "start_compensation")
        assert (edge.actor, edge.reason) == (actor, "changed my mind")
        check(world)


def test_cancelling_is_too_late_once_the_money_is_safe(world: World) -> None:
    """H7: who comes back and cancels is judged like everybody."""
    stopped_in(world, "payment_confirmed")
    with pytest.raises(Refused) as refused:
        world.order("abort")
    assert refused.value.code == "too_late"
    drive(world, pays)
    with pytest.raises(Refused) as refused:
        world.order("abort")
    assert refused.value.code == "too_late"
    check(world)


def test_cancelling_twice_is_said_to_be_done(world: World) -> None:
    stopped_in(world, "awaiting_payment")
    world.order("abort")
    world.order("abort")  # accepted, since the first is not applied yet
    drive(world, idle)
    with pytest.raises(Refused) as refused:
        world.order("abort")
    assert refused.value.code == "already_aborted"
    check(world)


def test_a_cancel_that_was_accepted_but_comes_after_the_money_completes(world: World) -> None:
    """It is judged again when it is applied: money that is seen first wins."""
    stopped_in(world, "awaiting_payment")
    world.payments.pay()
    world.order("confirm")
    world.tick()
    state = world.checkout.state
    assert state == "completed"
    with pytest.raises(Refused):
        world.order("abort")
    check(world)


def test_money_that_was_authorised_meanwhile_is_voided(world: World) -> None:
    stopped_in(world, "awaiting_payment")
    world.payments.pay()
    world.order("abort")
    drive(world, idle)
    assert world.checkout.state == "aborted"
    assert world.payments.called("void")
    assert not world.payments.called("refund")
    check(world)


def test_money_that_was_captured_meanwhile_is_refunded(world: World) -> None:
    stopped_in(world, "awaiting_payment")
    world.payments.sale = True
    world.payments.pay()
    world.order("abort")
    drive(world, idle)
    assert world.checkout.state == "aborted"
    assert world.payments.called("refund")
    assert not world.payments.called("void")
    assert "payment_refunded" in world.published.types
    check(world)


@pytest.mark.parametrize("state", STOPPED_AT)
def test_staff_forces_the_end_before_there_is_an_order(state: str) -> None:
    with World(remote=True) as world:
        stopped_in(world, state)
        version = world.checkout.version
        world.order(
            "force", edge="force_abort", reason="fraud", actor="user:7", expected_version=version
        )
        drive(world, idle)
        assert world.checkout.state == "aborted"
        passage = next(p for p in world.checkout.history if p.edge == "force_abort")
        assert (passage.actor, passage.reason) == ("user:7", "fraud")
        check(world)


def test_staff_cannot_force_the_end_once_the_order_is_intended() -> None:
    with World(remote=True) as world:
        world.orders.trouble("place", "unavailable")
        world.start()
        world.tick()
        world.payments.pay()
        world.order("confirm")
        world.tick()
        with pytest.raises(Refused, match="only goes forward"):
            world.order("force", edge="force_abort", actor="user:7")
        world.shift(60)
        drive(world, pays)
        assert world.checkout.state == "completed"
        check(world, most_calls=2)


def test_staff_forces_another_payment_after_close_answered_unpaid(world: World) -> None:
    stopped_in(world, "awaiting_payment")
    world.order("force", edge="force_retry_payment", reason="page broken", actor="user:7")
    world.tick()
    assert world.checkout.state == "awaiting_payment"
    assert world.checkout.generation == 2
    first = world.payments.payments["pay_1"]
    assert first.facts.closed
    assert "force_retry_payment" in [p.edge for p in world.checkout.history]
    drive(world, pays)
    assert world.checkout.state == "completed"
    check(world)


def test_a_forced_payment_is_not_begun_when_the_first_turns_out_paid(world: World) -> None:
    """B3: what is paid is not paid again, whoever wants it."""
    stopped_in(world, "awaiting_payment")
    world.payments.pay()
    world.order("force", edge="force_retry_payment", actor="user:7")
    drive(world, pays)
    assert world.checkout.state == "completed"
    assert len(world.payments.payments) == 1
    check(world)


@pytest.mark.parametrize("edge", ["force_abort", "force_retry_payment", "finalize_order", ""])
@pytest.mark.parametrize("end", ["completed", "aborted"])
def test_nothing_is_forced_after_the_end(world: World, edge: str, end: str) -> None:
    world.start()
    drive(world, pays if end == "completed" else idle)
    assert world.checkout.state == end
    with pytest.raises(Refused) as refused:
        world.order("force", edge=edge, actor="user:7")
    assert refused.value.code == "edge_not_possible"
    check(world)


def test_a_stale_version_is_refused_at_the_door_and_when_applied(world: World) -> None:
    stopped_in(world, "awaiting_payment")
    version = world.checkout.version
    with pytest.raises(Refused, match="changed while you looked"):
        world.order("force", edge="force_abort", actor="user:7", expected_version=version - 1)
    world.payments.decline()
    world.order("confirm")
    world.order("force", edge="force_abort", actor="user:7", expected_version=version)
    world.order("extend")
    world.tick()
    assert world.checkout.state in ("awaiting_payment", "aborted")
    check_always(world)


def test_retry_now_forgets_the_pauses_and_the_flag(world: World) -> None:
    world.inventory.trouble("reserve", "unavailable", 3)
    world.start()
    world.tick()
    assert world.checkout.state == "cart_frozen"
    for _ in range(2):
        world.order("retry_now", actor="user:7")
        world.tick()
    assert world.checkout.state == "cart_frozen"
    world.order("retry_now", actor="user:7")
    world.tick()
    assert world.checkout.state == "awaiting_payment"
    check_always(world)


def test_one_command_is_applied_once(world: World) -> None:
    from checkout.application.ports.inbound.abort_checkout_port import Command

    stopped_in(world, "awaiting_payment")
    assert world.id is not None
    before = world.checkout.deadline_at
    assert before is not None
    for _ in range(3):
        world.services.desk.submit(Command(world.id, "extend", "shopper", "one-click"))
        world.tick()
    after = world.checkout.deadline_at
    assert after is not None
    assert (after - before).total_seconds() == world.policy.extension


def test_an_unknown_checkout_and_an_unknown_command_are_refused(world: World) -> None:
    stopped_in(world, "awaiting_payment")
    with pytest.raises(Refused) as refused:
        world.order("dance")
    assert refused.value.code == "unknown_command"
    world.id = new_checkout_id()
    with pytest.raises(UnknownCheckout):
        world.order("abort")
