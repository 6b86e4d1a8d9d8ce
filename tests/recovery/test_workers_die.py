"""kill -9 of a worker in the middle of a call, and web processes that have no worker at all."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.e2e.ledgers import Ledgers
from tests.patience import eventually
from tests.recovery.conftest import Arrive
from tests.recovery.fleet import WORKERS, Fleet, all_reach

pytestmark = pytest.mark.e2e
BEGUN = "SELECT 1 FROM checkout_checkouteffect WHERE checkout_id = ? AND name = ?"


def test_the_other_worker_finishes_what_a_killed_one_began(
    fleet: Fleet, arrive: Arrive, told: Callable[[str, float], None]
) -> None:
    fleet.wait_for_workers()
    fleet.send("provider", signal.SIGSTOP)  # so that the call lasts until the worker is dead
    fleet.send(WORKERS[1], signal.SIGSTOP)
    shopper = arrive()
    eventually(lambda: fleet.rows(BEGUN, shopper.id, "payments.initiate"))
    fleet.kill(WORKERS[0])
    fleet.send("provider", signal.SIGCONT)
    fleet.send(WORKERS[1], signal.SIGCONT)
    told("taken over after a kill", all_reach([shopper], "awaiting_payment"))
    shopper.pay()
    shopper.wait_for("completed")
    [(number, _)] = Ledgers(fleet).orders(shopper.id)
    assert number


def test_without_any_worker_all_is_kept_and_goes_on_with_the_next(
    fleet: Fleet, arrive: Arrive, told: Callable[[str, float], None]
) -> None:
    waiting = arrive()
    waiting.wait_for("awaiting_payment")
    for name in WORKERS:
        fleet.kill(name)  # one may be dead already
    placed = arrive()
    assert waiting.command("abort").status_code == 202
    seen = waiting.look()
    assert (seen["state"], placed.look()["state"]) == ("awaiting_payment", "started")
    # Nobody waits half a minute here: the last heartbeat is made that old.
    fleet.rows("UPDATE checkout_workerheartbeat SET at = at - interval '31 seconds'")
    health = fleet.ready()
    assert health.status_code == 503
    assert "sweep" in health.json()["failing"]
    assert health.json()["workers"] == 0
    fleet.start(WORKERS[0])
    eventually(lambda: fleet.ready().json()["workers"] == 1)
    told("resumed with the next worker", all_reach([placed], "awaiting_payment"))
    waiting.wait_for("aborted")
    eventually(lambda: fleet.ready().is_success, lambda: fleet.ready().text)
