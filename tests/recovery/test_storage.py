"""Our own database goes away at any moment: nothing is counted, lost, parked or done twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import OperationalError, connection

from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.domain.exceptions import StorageUnavailable
from checkout.domain.value_objects.checkout_id import new_checkout_id
from checkout.sagas.engine import Tick
from checkout.sagas.troubles import ALONE_SECONDS, Troubles
from checkout.testing.builders import snapshot
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import SCENARIOS, told, with_coupon
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db(transaction=True)

HAPPY = next(scenario for scenario in SCENARIOS if scenario.name == "happy")
MOST_ROUNDS = 60
OURS: Any = connection
A, B = new_checkout_id(), new_checkout_id()


class Line:
    """The line to the database, which breaks once: with the answer to COMMIT or statement `number`."""

    def __init__(self, what: str, number: int) -> None:
        self.what = what
        self.number = number
        self.count = 0
        self._commit = OURS._commit

    def commit(self) -> None:
        """What Django calls to commit: done, and perhaps never answered."""
        self._commit()
        if self.what == "commit":
            self._answer()

    def execute(self, execute: Callable[..., Any], *statement: Any) -> Any:
        """What Django calls for statements: done, and perhaps never answered.

        What changes anything outside of a transaction is its own commit.
        """
        alone = not connection.in_atomic_block
        done = execute(*statement)
        if self.what == "statement" or (alone and not statement[0].startswith("SELECT")):
            self._answer()
        return done

    def _answer(self) -> None:
        self.count += 1
        if self.count == self.number:
            if connection.vendor == "postgresql":
                connection.connection.close()
            raise OperationalError("the server closed the connection unexpectedly")


def buy(patch: pytest.MonkeyPatch, remote: bool, what: str, number: int) -> int:
    """A whole purchase in which the line breaks once; how often it could have broken."""
    line, cart = Line(what, number), f"cart-{number}"
    with told(HAPPY, remote) as world, patch.context() as patched:
        world.carts.carts[cart] = with_coupon(cart)
        patched.setattr(connection, "_commit", line.commit)
        for _ in range(MOST_ROUNDS):
            with suppress(StorageUnavailable), connection.execute_wrapper(line.execute):
                world.start(cart)  # the impatient shopper clicks again: it is the same checkout
                HAPPY.shopper(world)
                world.tick()
            if world.id is not None:
                if world.checkout.state.is_final and world.quiet and not world.untold:
                    break
                world.jump()
        assert world.checkout.state == "completed"
        assert world.checkout.needs_attention == ""
        assert world.checkout.attempt == 0
        check(world, most_calls=2)
    return line.count


@pytest.mark.parametrize(
    ("remote", "what", "step"),
    [(False, "commit", 2), (True, "commit", 4), (False, "statement", 25), (True, "statement", 25)],
)
def test_a_lost_answer_changes_nothing_whichever_it_is(
    remote: bool, what: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W20: "did it commit?" is answered by looking, never by assuming."""
    times = buy(monkeypatch, remote, what, 0)
    assert times > 10
    for number in range(1, times + 1, step):
        buy(monkeypatch, remote, what, number)


def breaks_our_line(*_: Any) -> None:
    """A port across the network that also looks into our database, which goes away just then."""

    def gone(*_: Any) -> None:
        error: Exception = OURS.Database.OperationalError("terminating connection")
        raise error

    with connection.wrap_database_errors, connection.execute_wrapper(gone):
        CheckoutSession.objects.count()


def breaks_another_line(*_: Any) -> None:
    """The database of the port itself goes away: it is the port's, and the port should say so."""
    raise OperationalError("no route to the warehouse's database")


def test_what_our_own_line_raises_in_a_remote_call_is_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with World(remote=True) as world:
        with monkeypatch.context() as broken:
            broken.setattr(world.inventory, "reserve", breaks_our_line)
            world.start()
            for _ in range(5):
                assert world.later(3) == Tick.STORAGE
        effect = world.checkout.effect("inventory.reserve")
        assert effect is not None
        assert (effect.tries, effect.outcome) == (0, "intended")
        assert (world.checkout.attempt, world.checkout.needs_attention) == (0, "")
        assert world.later(3) == Tick.WAITS
        assert world.checkout.state == "awaiting_payment"


def test_a_lookup_is_not_doubted_because_our_own_line_broke(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with World() as world:
        world.start()
        world.tick()
        monkeypatch.setattr(world.payments, "lookup", breaks_our_line)
        assert world.later(3) == Tick.STORAGE
        assert world.checkout.payment.silent == 0
        monkeypatch.setattr(world.payments, "lookup", breaks_another_line)
        assert world.later(3) == Tick.WAITS
        assert world.checkout.payment.silent == 1


def test_what_another_database_raises_in_a_remote_call_is_that_port_s_bug(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with World(remote=True) as world, monkeypatch.context() as broken:
        broken.setattr(world.inventory, "reserve", breaks_another_line)
        world.start()
        assert world.tick() == Tick.WAITS
        effect = world.checkout.effect("inventory.reserve")
        assert effect is not None
        assert (effect.tries, effect.outcome, effect.error["code"]) == (1, "unknown", "bug")


class Clock:
    """Seconds that a test lets pass."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_a_row_that_fails_alone_for_a_minute_is_told_from_an_outage() -> None:
    clock = Clock()
    troubles = Troubles(clock)
    while clock.now < 10 * ALONE_SECONDS:  # an outage: nobody is stored
        clock.now += 3
        troubles.failed(A)
        troubles.failed(B)
        assert not troubles.alone(A)
    clock.now += 3
    troubles.worked(B)
    troubles.failed(A)
    assert not troubles.alone(A), "the first failure since the outage"
    began = clock.now
    while not troubles.alone(A):
        clock.now += 3
        troubles.worked(B)
        troubles.failed(A)
        assert clock.now < began + ALONE_SECONDS + 7
    assert clock.now >= began + ALONE_SECONDS
    assert not troubles.alone(B)
    troubles.worked(A)
    assert not troubles.alone(A)


def test_a_failure_long_ago_is_forgotten() -> None:
    """Another worker may have stored the row meanwhile, which this process does not see."""
    clock = Clock()
    troubles = Troubles(clock)
    troubles.failed(A)
    clock.now += 5 * ALONE_SECONDS
    troubles.worked(B)
    troubles.failed(A)
    assert not troubles.alone(A)


def test_a_row_that_failed_alone_once_is_not_alone_for_ever() -> None:
    """Another worker has parked it and it went on since: it is no bug when it comes back here."""
    clock = Clock()
    troubles = Troubles(clock)
    for _ in range(15):
        troubles.failed(A)
        clock.now += 5
        troubles.worked(B)
    assert troubles.alone(A)
    clock.now += ALONE_SECONDS
    assert not troubles.alone(A)


def test_a_row_that_always_fails_is_shown_to_staff_and_goes_on_when_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    with World() as world:
        world.services.engine.troubles = Troubles(clock)
        bad, good = world.start("cart-1"), world.start("cart-2")
        world.carts.carts["cart-2"] = snapshot("cart-2")
        reserve = world.inventory.reserve

        def deadlocks(key: str, *more: Any) -> Any:
            if str(bad) in key:
                raise OperationalError("canceling statement due to lock timeout")
            return reserve(key, *more)

        def everybody_ticks() -> None:
            clock.now += 6
            world.shift(6)
            for each in (bad, good):
                world.services.engine.tick(each)
            world.services.engine.troubles.worked(good)  # a busy shop

        load = world.services.repository.load
        monkeypatch.setattr(world.inventory, "reserve", deadlocks)
        for _ in range(int(5 * ALONE_SECONDS / 6)):
            everybody_ticks()
        assert load(good).state == "awaiting_payment"
        assert (load(bad).state, load(bad).needs_attention) == ("started", "bug")
        monkeypatch.setattr(world.inventory, "reserve", reserve)
        everybody_ticks()
        world.shift(60)
        everybody_ticks()
        assert (load(bad).state, load(bad).needs_attention) == ("awaiting_payment", "")


def test_a_command_meets_an_outage_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every statement of a request may be the one that fails; none of them is a bug."""
    with World() as world:
        world.start()
        world.tick()
        times = 0
        for number in range(1, 30):
            line = Line("statement", number)
            try:
                with connection.execute_wrapper(line.execute):
                    world.order("confirm")
                break
            except StorageUnavailable:
                times += 1
        assert times > 5
