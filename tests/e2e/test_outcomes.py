"""Every outcome of the provider, bought through the API and watched on the socket."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from tests import patience
from tests.e2e.api import Shopper
from tests.e2e.browsing import MUG
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack
from tests.e2e.watching import Watcher
from tests.ports import PLAIN_HTTP

# outcome → how it ends; the rest needs a second act and has a test of its own
ENDS = {
    "approve": "completed",
    "pending_approve": "completed",
    "approve_late": "completed",
    "approve_twice": "completed",
    "webhook_first": "completed",
    "out_of_order": "completed",
    "lose_webhook": "completed",
    "refund_fails": "completed",
    "wrong_amount": "aborted",
    "wrong_currency": "aborted",
}


@pytest.fixture
def shopper(stack: Stack, arrive: Callable[[Stack], Shopper]) -> Shopper:
    """A shopper who has just placed an order."""
    arrived = arrive(stack)
    arrived.place_order(arrived.cart({MUG: 1}))
    return arrived


def check_books(ledgers: Ledgers, shopper: Shopper, state: str) -> None:
    """Completed: one order, paid once in full. Aborted: no order, nothing kept, nothing held."""
    orders = ledgers.orders(shopper.id)
    kept = sum(kept for _, _, kept, _ in ledgers.payments(shopper.id))
    if state == "completed":
        assert [total for _, total in orders] == [kept]
        assert shopper.look()["order"] == orders[0][0]
    else:
        assert orders == []
        assert kept == 0
        owned = "SELECT status FROM shop_reservation WHERE owner = ?"
        assert {status for (status,) in ledgers.rows(owned, shopper.id)} <= {"released"}


@pytest.mark.parametrize("outcome", ENDS)
def test_an_outcome_is_seen_to_its_end(shopper: Shopper, ledgers: Ledgers, outcome: str) -> None:
    with Watcher(shopper) as watcher:
        url = shopper.wait_for("awaiting_payment")["payment"]["action"]["url"]
        data = {"outcome": outcome}
        if outcome in ("pending_approve", "approve_late"):
            data["delay"] = "1.5"
        answer = httpx2.post(url, data=data, timeout=patience.SECONDS, verify=PLAIN_HTTP)
        assert answer.status_code == 303, answer.text
        assert watcher.wait_for_end() == ENDS[outcome]
        check_books(ledgers, shopper, ENDS[outcome])
    watcher.check()
    if ENDS[outcome] == "aborted":
        assert shopper.look()["failure"]["code"] == "amount_mismatch"


def test_another_card_on_the_same_page(shopper: Shopper, ledgers: Ledgers) -> None:
    with Watcher(shopper) as watcher:
        shopper.pay("decline_retry")
        shopper.pay("approve")
        assert watcher.wait_for_end() == "completed"
    watcher.check()
    check_books(ledgers, shopper, "completed")


def test_a_final_decline_and_another_payment(shopper: Shopper, ledgers: Ledgers) -> None:
    with Watcher(shopper) as watcher:
        shopper.pay("decline")
        shopper.until(lambda seen: seen["payment"]["closed"])
        assert shopper.command("retry").status_code == 202
        shopper.until(lambda seen: seen["payment"]["attempt"] == 2 and seen["payment"]["action"])
        shopper.pay("approve")
        assert watcher.wait_for_end() == "completed"
    watcher.check()
    check_books(ledgers, shopper, "completed")


def test_the_bank_asks(shopper: Shopper, ledgers: Ledgers) -> None:
    with Watcher(shopper) as watcher:
        asked = shopper.pay("three_d_secure")
        challenge = httpx2.URL(str(asked.url)).join(asked.headers["Location"])
        httpx2.post(challenge, data={"answer": "ok"}, timeout=patience.SECONDS, verify=PLAIN_HTTP)
        assert watcher.wait_for_end() == "completed"
    watcher.check()
    check_books(ledgers, shopper, "completed")


def test_a_bank_that_never_answers_can_be_cancelled(shopper: Shopper, ledgers: Ledgers) -> None:
    with Watcher(shopper) as watcher:
        shopper.pay("never_answer")
        assert shopper.command("abort").status_code == 202
        assert watcher.wait_for_end() == "aborted"
        assert shopper.command("abort").status_code == 200
    watcher.check()
    check_books(ledgers, shopper, "aborted")
