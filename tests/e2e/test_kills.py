"""kill -9 at several moments of a purchase; a new start goes on by itself, and the books agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.api import Shopper
from tests.e2e.browsing import MUG
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack

# Who dies when: each process at the moments at which it has something to lose. `tests.chaos` kills
# everybody at any moment.
VICTIMS = {
    "just placed": ("worker", "web"),
    "ready to pay": ("provider",),
    "just paid": ("worker", "provider"),
    "just cancelled": ("worker", "web"),
}


@pytest.fixture(scope="module")
def mortal() -> Iterator[Stack]:
    """A product of its own, which is killed again and again."""
    with Stack() as running:
        yield running


def victims(stack: Stack, moment: str) -> tuple[str, ...]:
    """The processes that are killed at this moment, one at a time."""
    return VICTIMS[moment] if stack.production else ("demo",)


def pay_when_possible(shopper: Shopper) -> None:
    """Pay, as a shopper does who finds the page again."""
    shopper.wait_for("awaiting_payment")
    assert shopper.pay().status_code == 303


def live_through(stack: Stack, shopper: Shopper, moment: str, victim: str) -> str:
    """One purchase in which `victim` dies at `moment`; the end that is due."""
    shopper.place_order(shopper.cart({MUG: 1}))
    if moment != "just placed":
        shopper.wait_for("awaiting_payment")
    if moment == "just paid":
        assert shopper.pay().status_code == 303
    if moment == "just cancelled":
        assert shopper.command("abort").status_code == 202
    stack.kill(victim)
    stack.start_all()
    if moment in ("just placed", "ready to pay"):
        pay_when_possible(shopper)
    return "aborted" if moment == "just cancelled" else "completed"


@pytest.mark.parametrize("moment", VICTIMS)
def test_every_checkout_goes_on_after_a_kill(
    mortal: Stack, moment: str, arrive: Callable[[Stack], Shopper]
) -> None:
    ledgers = Ledgers(mortal)
    for victim in victims(mortal, moment):
        shopper = arrive(mortal)
        due = live_through(mortal, shopper, moment, victim)
        seen = shopper.wait_for("completed", "aborted")
        assert seen["state"] == due, (victim, seen)
        totals = [total for _, total in ledgers.orders(shopper.id)]
        kept = [kept for _, _, kept, _ in ledgers.payments(shopper.id)]
        expected = [seen["cart"]["total"]] if due == "completed" else []
        assert totals == expected, victim
        assert sum(kept) == sum(expected), victim


def test_nothing_is_left_after_all_kills(mortal: Stack) -> None:
    ledgers = Ledgers(mortal)
    completed = ledgers.rows(
        "SELECT COUNT(*) FROM checkout_checkoutsession WHERE state = 'completed'"
    )[0][0]
    assert completed > 0
    open_ones = "SELECT COUNT(*) FROM checkout_checkoutsession WHERE state NOT IN (?, ?)"
    assert ledgers.rows(open_ones, "completed", "aborted") == [(0,)]
    assert ledgers.held(MUG) == 0
    assert ledgers.on_hand(MUG) == 120 - completed
    mortal.wait_until_ready()
    doctor = mortal.manage("checkout", "doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout
