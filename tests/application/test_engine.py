"""The engine between two workers: who may write, who must stop, and what a bug of ours does."""

from __future__ import annotations

from typing import Any

import pytest

from checkout.adapters.outbound.persistence.models import CheckoutInbox, CheckoutSession
from checkout.application.decisions import Move
from checkout.domain.effect import Outcome
from checkout.domain.exceptions import StorageUnavailable
from checkout.sagas.engine import Tick
from checkout.testing.proof.invariants import check, check_always
from checkout.testing.proof.scenarios import drive, with_coupon
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World
from checkout.testing.scripted import Crash

pytestmark = pytest.mark.django_db


def at_first(world: World, call: str, happens: Any) -> None:
    """Once, while this call is under way, something else happens."""
    port, method = call.split(".")
    fake = world.neighbours[port]

    def meanwhile(called: str) -> None:
        if called == method:
            fake.meanwhile = lambda again: None
            happens()

    fake.meanwhile = meanwhile


def test_a_tick_that_comes_again_does_nothing(world: World) -> None:
    world.start()
    world.tick()
    version = world.checkout.version
    assert [world.tick() for _ in range(3)] == [Tick.NOTHING] * 3
    assert world.checkout.version == version


def test_a_checkout_that_nobody_knows_is_nothing_to_do(world: World) -> None:
    from checkout.domain.value_objects.checkout_id import new_checkout_id

    assert world.services.engine.tick(new_checkout_id()) == Tick.NOTHING


@pytest.mark.parametrize("call", ["inventory.reserve", "payments.initiate"])
def test_a_lease_keeps_others_off_while_a_call_is_under_way(call: str) -> None:
    """A6: the claim is committed before the call, so that the second one sees it."""
    with World(remote=True) as world:
        seen: list[Tick] = []
        at_first(world, call, lambda: seen.append(world.tick()))
        world.start()
        world.tick()
        assert seen == [Tick.NOTHING]
        drive(world, pays)
        check(world, most_calls=1)


@pytest.mark.parametrize(
    "call", ["carts.close", "inventory.reserve", "payments.initiate", "orders.place"]
)
def test_a_worker_that_slept_over_its_lease_writes_nothing_more(call: str) -> None:
    """S11: while it slept somebody else went on; its answer is not stored over theirs."""
    with World(remote=True) as world:
        others: list[Tick] = []

        def somebody_else_goes_on() -> None:
            world.shift(10)
            others.append(world.tick())

        at_first(world, call, somebody_else_goes_on)
        world.start()
        results = []
        for _ in range(3):
            pays(world)
            results.append(world.tick())
        assert others == [Tick.WAITS]
        assert Tick.LOST in results
        drive(world, pays)
        assert world.checkout.state == "completed"
        check(world, most_calls=2)


@pytest.mark.parametrize("call", ["coupons.claim", "carts.close", "inventory.reserve"])
def test_an_answer_that_comes_after_its_undo_is_undone_again(call: str) -> None:
    """The fence was lost while they did it: whoever drives now is told, and undoes it anew."""
    with World(remote=True) as world:
        world.carts.carts["cart-1"] = with_coupon()

        def cancelled_meanwhile() -> None:
            world.shift(10)
            world.order("abort")
            world.tick()
            assert world.checkout.state == "aborted"

        at_first(world, call, cancelled_meanwhile)
        world.start()
        assert world.tick() == Tick.LOST
        late = CheckoutInbox.objects.get(kind="late")
        assert late.source == "system:late"
        drive(world, idle)
        undo = {"coupons.claim": "release", "carts.close": "reopen", "inventory.reserve": "release"}
        keys = world.neighbours[call.split(".", maxsplit=1)[0]].called(undo[call])
        assert len(set(keys)) == 2
        assert world.checkout.effects[call, 1].outcome == Outcome.UNDONE
        check(world)


def test_a_row_of_another_definition_is_left_alone(world: World) -> None:
    world.start()
    CheckoutSession.objects.update(definition_version=99)
    assert world.tick() == Tick.NOTHING
    assert list(world.services.repository.due(-10, 10)) == []
    assert world.checkout.state == "started"


def test_a_row_that_cannot_be_read_is_set_aside_and_shown(world: World) -> None:
    world.start()
    CheckoutSession.objects.update(failure={"no": "failure"})
    assert world.tick() == Tick.NOTHING
    row = world.row
    assert row.needs_attention == "unreadable"
    assert row.lease_until is None
    assert list(world.services.repository.due(0, 10)) == []


def test_a_bug_of_ours_pauses_is_shown_and_forgotten_when_it_moves(world: World) -> None:
    engine = world.services.engine
    good, broken = engine.project, {"now": True}

    def project(checkout: Any) -> dict[str, Any]:
        if broken["now"] and checkout.state == "inventory_reserved":
            raise ZeroDivisionError("a bug")
        return good(checkout)

    engine.project = project
    world.start()
    for attempt in range(1, world.policy.bug_attempts + 1):
        world.jump()
        assert world.tick() == Tick.PARKED
        assert world.row.attempt == attempt
        assert world.row.lease_until is None
        assert not world.quiet
        check_always(world)
    assert world.checkout.needs_attention == "bug"
    assert world.body["attention"] == "bug"
    broken["now"] = False
    world.jump()
    world.tick()
    assert world.checkout.needs_attention == ""
    drive(world, pays)
    check(world)


def test_a_bug_that_hides_the_whole_checkout_is_counted_too(world: World) -> None:
    engine = world.services.engine
    good = engine.project

    def project(checkout: Any) -> dict[str, Any]:
        raise ZeroDivisionError("a bug")

    engine.project = project
    world.start()
    for _ in range(world.policy.bug_attempts):
        world.jump()
        assert world.tick() == Tick.PARKED
    assert world.row.needs_attention == "bug"
    engine.project = good
    drive(world, pays)
    check(world)


def test_a_message_that_comes_during_a_bug_is_not_slept_over(world: World) -> None:
    world.start()
    world.tick()
    world.order("confirm")  # asks the provider, with no transaction open
    engine = world.services.engine
    good = engine.project

    def project(checkout: Any) -> dict[str, Any]:
        world.order("extend")
        engine.project = good
        raise ZeroDivisionError("a bug")

    engine.project = project
    assert world.tick() == Tick.PARKED
    assert world.tick() == Tick.WAITS
    assert world.checkout.extensions == 1
    assert not CheckoutInbox.objects.filter(applied_at=None).exists()


def test_our_own_database_s_silence_is_counted_nowhere(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start()
    repository = world.services.repository

    def silent(*_: object) -> None:
        raise StorageUnavailable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(repository, "commit", silent)
        assert world.tick() == Tick.STORAGE
    assert world.row.attempt == 0
    drive(world, pays)
    check(world)


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
def test_a_neighbour_s_bug_is_tried_again_and_shown_after_a_few_times(remote: bool) -> None:
    with World(remote) as world:
        world.inventory.trouble("reserve", "bug", 3)
        world.start()
        for _ in range(3):
            world.jump()
            world.tick()
        assert world.checkout.needs_attention == "retrying"
        check_always(world)
        drive(world, pays)
        assert world.checkout.needs_attention == ""
        check(world)


def test_what_a_refusal_says_is_kept_whatever_it_is_made_of(world: World) -> None:
    """Detail that is no JSON must not turn a clean no into a bug."""
    from datetime import UTC, datetime

    from checkout.domain.exceptions import Refused

    def refuse(method: str) -> None:
        if method == "reserve":
            raise Refused("out_of_stock", "Sold out.", until=datetime(2026, 1, 1, tzinfo=UTC))

    world.inventory.meanwhile = refuse
    world.start()
    drive(world, idle)
    assert world.checkout.failure is not None
    assert world.checkout.failure.code == "out_of_stock"
    check(world, most_calls=1)


def test_events_survive_a_receiver_that_fails_and_keep_their_order(world: World) -> None:
    """B5: who is told of the order cannot undo it."""
    world.published.failing = 2
    world.start()
    for _ in range(4):
        pays(world)
        world.tick()
        world.jump()
    drive(world, pays)
    assert world.published.types[0] == "checkout_started"
    assert world.published.types[-1] == "checkout_completed"
    check(world, most_calls=1)


def test_an_event_comes_again_with_the_same_id_after_a_crash_behind_the_publisher(
    world: World,
) -> None:
    world.start()

    def dies_once(number: int, point: str) -> None:
        if point == "publish:after":
            world.at_point = lambda number, point: None
            raise Crash(point)

    world.at_point = dies_once
    with pytest.raises(Crash):
        world.tick()
    drive(world, pays)
    ids = [event["id"] for event in world.published.events]
    assert len(ids) == len(set(ids)) + 1
    assert ids[0] == ids[1]
    check(world, most_calls=1)


def test_failing_checkouts_hide_no_others_from_the_sweep(world: World) -> None:
    """Events that cannot be handed over wait; the ones of other checkouts pass them by."""
    from checkout.testing.builders import snapshot

    for number in range(6):
        cart = f"cart-{number}"
        world.carts.carts[cart] = snapshot(cart)
        world.inventory.stock["mug"] = 100
        world.start(cart)
        world.services.engine.tick(world.id or pytest.fail("not started"))
    world.published.failing = 5
    assert world.services.relay.deliver_waiting(limit=5) == 0
    assert world.services.relay.deliver_waiting(limit=5) >= 4
    assert {event["subject"] for event in world.published.events} == {str(world.id)}


@pytest.mark.parametrize("remote", [False, True])
def test_a_flow_that_goes_round_in_circles_is_a_bug_and_hangs_nobody(
    remote: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(remote=remote) as world:
        world.start()
        circle = Move("freeze_cart")
        monkeypatch.setattr(world.services.engine, "decide", lambda checkout, moment: circle)
        assert world.tick() == Tick.PARKED
        assert (world.checkout.state, world.checkout.attempt) == ("started", 1)
