"""kill -9 of a worker in the middle of a call, and web processes that have no worker at all."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.e2e.ledgers import Ledgers
from tests.recovery.conftest import Arrive
from tests.recovery.fleet import WORKERS, Fleet, all_reach, seconds_until

pytestmark = pytest.mark.e2e

# A lease ends 0.5 s after the call's limit of 2 s, and the sweep goes round twice a second. The rest
# is for a busy machine.
TAKEN_OVER_SECONDS = 10.0
LONG = 60.0
INTENDED = (
    "SELECT 1 FROM checkout_checkouteffect WHERE checkout_id = ? AND name = ? AND outcome = ?"
)


def test_the_other_worker_finishes_what_a_killed_one_began(
    fleet: Fleet, arrive: Arrive, told: Callable[[str, float], None]
) -> None:
    fleet.wait_for_workers()
    fleet.plan(method="create", mode="slow", seconds=1.2)
    fleet.send(WORKERS[1], signal.SIGSTOP)
    shopper = arrive()
    calling = (INTENDED, shopper.id, "payments.initiate", "intended")
    seconds_until(lambda: fleet.rows(*calling), LONG)
    fleet.kill(WORKERS[0])
    fleet.send(WORKERS[1], signal.SIGCONT)
    told("taken over after a kill", all_reach([shopper], "awaiting_payment", TAKEN_OVER_SECONDS))
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
    assert (health.status_code, health.json()["failing"]) == (503, ["sweep"])
    assert health.json()["workers"] == 0
    fleet.start(WORKERS[0])
    seconds_until(lambda: fleet.ready().json()["workers"] == 1, LONG)
    told("resumed with the next worker", all_reach([placed], "awaiting_payment", LONG))
    waiting.wait_for("aborted", seconds=LONG)
    assert fleet.ready().status_code == 200
