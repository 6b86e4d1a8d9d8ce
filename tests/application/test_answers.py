"""The answer of a remote call is stored with what follows it: what if that does not go well?"""

from __future__ import annotations

import pytest

from checkout.adapters.outbound.persistence.models import CheckoutInbox, CheckoutSession
from checkout.application.ports.outbound.checkout_repository_port import Lease
from checkout.domain.effect import Outcome
from checkout.domain.exceptions import Refused, StorageUnavailable
from checkout.sagas.answers import Answers
from checkout.sagas.engine import Tick
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World
from tests.application.test_engine import at_first

pytestmark = pytest.mark.django_db


def refuses() -> None:
    raise Refused("out_of_stock", "Sold out.")


def breaks() -> None:
    raise ZeroDivisionError("a bug of the shop")


def does_not_answer() -> None:
    raise StorageUnavailable("The database does not answer.")


def test_the_answer_shares_the_commit_of_the_calls_that_follow() -> None:
    with World(outcome="approve") as world:
        world.start()
        versions: list[int] = []
        world.orders.meanwhile = lambda method: versions.append(
            CheckoutSession.objects.values_list("version", flat=True).get()
        )
        world.tick()
        assert versions == [3]  # inventory_reserved: nothing of the payment is stored yet
        assert [p.target for p in world.checkout.history][3:5] == [
            "awaiting_payment",
            "payment_confirmed",
        ]
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


def test_what_was_said_before_another_call_is_not_believed_after_it() -> None:
    """Void or refund is chosen from a lookup that was made after the close (design §3)."""
    answers = Answers()
    lookup, close = ("payments.lookup", 1), ("payments.close", 1)
    assert answers.once(lookup, lambda: "open") == "open"
    answers.rolled_back()
    assert answers.once(lookup, lambda: "asked twice") == "open"
    answers.rolled_back()
    assert answers.once(close, lambda: "closed") == "closed"
    answers.stored()
    assert answers.once(lookup, lambda: "closed") == "closed"


def test_a_command_that_comes_between_two_tries_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    with World() as world:
        world.start()
        world.tick()
        pays(world)
        asked: list[str] = []
        world.payments.meanwhile = asked.append

        repository = world.services.engine.repository
        reread = repository.reread

        def cancelled_meanwhile(lease: Lease) -> Lease:
            world.order("abort")
            return reread(lease)

        monkeypatch.setattr(repository, "reread", cancelled_meanwhile)
        at_first(world, "orders.place", breaks)
        world.tick()
        assert asked == ["lookup", "close", "void"]
        drive(world, idle)
        assert world.checkout.state == "aborted"
        check(world)


def test_an_answer_that_is_lost_with_our_database_is_asked_for_under_the_same_key() -> None:
    with World(outcome="approve") as world:
        at_first(world, "inventory.commit", does_not_answer)
        world.start()
        assert world.tick() == Tick.STORAGE
        assert world.checkout.effects["payments.initiate", 1].outcome == Outcome.INTENDED
        drive(world, idle)
        assert world.checkout.state == "completed"
        assert len(set(world.payments.called("initiate"))) == 1
        check(world)


def test_who_has_lost_the_fence_over_an_answer_tells_the_next() -> None:
    """Also when what follows is a unit, which then is not opened."""
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
