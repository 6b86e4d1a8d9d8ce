"""The answer of a remote call is stored with what follows it, or else alone."""

from __future__ import annotations

import pytest

from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutSession,
)
from checkout.application.ports.outbound.checkout_repository_port import Change, Lease
from checkout.domain.effect import Outcome
from checkout.domain.exceptions import Refused, StorageUnavailable
from checkout.sagas.engine import Tick
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive, with_coupon
from checkout.testing.proof.shoppers import drop_into_inbox, idle, pays
from checkout.testing.proof.world import World
from tests.application.test_engine import at_first

pytestmark = pytest.mark.django_db


def refuses() -> None:
    raise Refused("out_of_stock", "Sold out.")


def breaks() -> None:
    raise ZeroDivisionError("a bug of the shop")


def does_not_answer() -> None:
    raise StorageUnavailable("The database does not answer.")


def test_one_commit_holds_an_answer_and_the_next_intent() -> None:
    """With all neighbours across the network: as many commits as calls, and the last one."""
    with World(remote=True) as world:
        world.start()
        before = world.faults.count("commit:after")
        world.tick()
        calls = [point for point in world.faults if point.endswith(":before") and "." in point]
        assert len(calls) >= 5
        assert world.faults.count("commit:after") - before == len(calls) + 1


def test_an_answer_shares_the_commit_of_what_the_shop_does_with_it() -> None:
    with World(outcome="approve") as world:
        states: list[str] = []
        world.inventory.meanwhile = lambda method: (
            states.append(CheckoutSession.objects.values_list("state", flat=True).get())
            if method == "commit"
            else None
        )
        world.start()
        world.tick()
        assert states == ["inventory_reserved"]
        assert world.checkout.state == "completed"


def test_an_answer_is_stored_before_the_next_try_when_the_shop_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with World(outcome="approve") as world:
        stored: list[tuple[str, str]] = []
        rows = CheckoutEffect.objects.filter(name="payments.initiate")

        def told(*_: object) -> None:
            stored.append(rows.values_list("checkout__state", "outcome").get())

        monkeypatch.setattr(world.services.engine.progress, "changed", told)
        at_first(world, "orders.place", breaks)
        world.start()
        world.tick()
        assert stored[:2] == [("inventory_reserved", "intended"), ("payment_confirmed", "done")]
        assert len(world.payments.called("initiate")) == 1
        assert world.checkout.effects["payments.initiate", 1].tries == 1


@pytest.mark.parametrize("error", [StorageUnavailable("no answer"), ZeroDivisionError("a bug")])
def test_an_answer_is_not_taken_in_twice(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit that held it went well, and nobody heard of it."""
    with World(outcome="approve") as world:
        repository = world.services.engine.repository
        commit = repository.commit

        def unheard_at_the_end(lease: Lease, change: Change) -> None:
            commit(lease, change)
            if change.lease is None:
                raise error

        world.start()
        with monkeypatch.context() as once:
            once.setattr(repository, "commit", unheard_at_the_end)
            world.tick()
        assert world.checkout.state == "completed"
        assert {each.tries for each in world.checkout.effects.values()} == {1}
        drive(world, idle)
        check(world, most_calls=1)


def test_nobody_is_asked_again_when_the_shop_refuses_what_follows() -> None:
    with World(outcome="approve") as world:
        at_first(world, "inventory.commit", refuses)
        world.start()
        assert world.tick() == Tick.WAITS
        assert len(world.payments.called("initiate")) == 1
        assert len(world.inventory.called("commit")) == 1
        checkout = world.checkout
        assert checkout.payments[1].reference
        assert checkout.effects["inventory.commit", 1].outcome == Outcome.REFUSED
        drive(world, idle)
        assert world.checkout.state == "aborted"
        check(world, most_calls=1)


def test_a_payment_is_looked_up_once_when_the_shop_breaks_in_what_follows() -> None:
    with World() as world:
        world.start()
        world.tick()
        pays(world)
        before = len(world.payments.called("lookup"))
        at_first(world, "orders.place", breaks)
        world.tick()
        assert len(world.payments.called("lookup")) == before + 1
        assert world.checkout.state == "payment_confirmed"
        drive(world, idle)
        assert world.checkout.state == "completed"
        check(world)


def test_an_answer_outlasts_a_database_that_fails_in_what_follows() -> None:
    with World(outcome="approve") as world:
        at_first(world, "inventory.commit", does_not_answer)
        world.start()
        assert world.tick() == Tick.STORAGE
        assert world.checkout.effects["payments.initiate", 1].outcome == Outcome.DONE
        drive(world, idle)
        assert world.checkout.state == "completed"
        check(world, most_calls=2)
        assert len(world.payments.called("initiate")) == 1


def test_who_has_lost_the_fence_over_an_answer_tells_the_next() -> None:
    with World(outcome="approve") as world:

        def somebody_else_goes_on() -> None:
            world.shift(10)
            world.tick()

        at_first(world, "payments.initiate", somebody_else_goes_on)
        world.start()
        assert world.tick() == Tick.LOST
        late = CheckoutInbox.objects.get(kind="late")
        assert late.payload == {"name": "payments.initiate", "generation": 1}
        assert len(set(world.payments.called("initiate"))) == 1
        drive(world, idle)
        assert world.checkout.state == "completed"
        check(world)


def test_the_reason_of_a_command_survives_a_shop_that_breaks() -> None:
    with World() as world:
        world.start()
        world.tick()
        world.payments.pay()
        at_first(world, "orders.place", breaks)
        world.order("recheck", actor="user:7", reason="customer phoned")
        world.tick()
        edge = CheckoutHistory.objects.get(edge="await_payment_result")
        assert (edge.actor, edge.reason) == ("user:7", "customer phoned")


@pytest.mark.parametrize("kind", ["hold", "abort"])
def test_what_comes_during_the_call_meets_its_answer(kind: str) -> None:
    """Also when the shop breaks in what follows: a payment that we know of is not forgotten."""
    with World(outcome="approve") as world:
        at_first(world, "payments.initiate", lambda: drop_into_inbox(world, "m1", kind, "user:7"))
        at_first(world, "inventory.commit", breaks)
        world.start()
        world.tick()
        world.tick()
        assert len(world.payments.called("initiate")) == 1
        assert world.checkout.effects["payments.initiate", 1].outcome == Outcome.DONE
        assert world.checkout.state == "payment_confirmed"


@pytest.mark.parametrize("call", ["coupons.claim", "inventory.reserve"])
def test_what_was_done_late_after_a_no_is_given_back(call: str) -> None:
    """S2: what was refused to the second worker was done for the first one, under the same key."""
    with World(remote=True) as world:
        world.carts.carts["cart-1"] = with_coupon()
        port, method = call.split(".")

        def somebody_else_is_refused() -> None:
            world.shift(10)
            world.neighbours[port].trouble(method, "refused")
            world.tick()
            assert world.checkout.state == "aborted"

        at_first(world, call, somebody_else_is_refused)
        world.start()
        assert world.tick() == Tick.LOST
        drive(world, idle)
        check(world, most_calls=2)
        assert not world.inventory.held
        assert world.checkout.effects[call, 1].outcome == Outcome.UNDONE
