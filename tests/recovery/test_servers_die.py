"""Redis and PostgreSQL die, freeze, forget and come back while checkouts are under way."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median
from typing import Any

import httpx2
import pytest
import redis

from tests import patience
from tests.e2e.api import Shopper
from tests.e2e.watching import Watcher
from tests.patience import eventually
from tests.recovery.conftest import Arrive
from tests.recovery.fleet import WORKERS, Fleet, all_reach

pytestmark = pytest.mark.e2e
Told = Callable[[str, float], None]

RESTING_SECONDS = 1.5  # nothing is asked for meanwhile
BROWSER = {"Accept": "text/html"}
TROUBLED = (
    "SELECT id, state, attempt, needs_attention FROM checkout_checkoutsession"
    " WHERE attempt > 0 OR needs_attention <> ''"
)


def hold(fleet: Fleet, how: signal.Signals) -> None:
    """Freeze or thaw both workers."""
    for name in WORKERS:
        fleet.send(name, how)


def forget(fleet: Fleet) -> None:
    """FLUSHALL."""
    with redis.Redis.from_url(fleet.redis.url) as client:
        client.flushall()


def start_empty(fleet: Fleet) -> None:
    """kill -9, and another start with nothing in it."""
    fleet.redis.kill()
    fleet.redis.start()


@pytest.mark.parametrize("lose", [forget, start_empty])
def test_redis_loses_everything_and_all_checkouts_move_again(
    fleet: Fleet, arrive: Arrive, lose: Callable[[Fleet], None], told: Told
) -> None:
    fleet.wait_for_workers()
    hold(fleet, signal.SIGSTOP)
    shoppers = [arrive() for _ in range(4)]
    with ExitStack() as pages:
        watchers = [pages.enter_context(Watcher(shopper)) for shopper in shoppers]
        lose(fleet)
        [(thawed,)] = fleet.rows("SELECT clock_timestamp()")
        hold(fleet, signal.SIGCONT)
        all_reach(shoppers, "awaiting_payment")
        moved = max(first_move(fleet, shopper) for shopper in shoppers) - thawed
        told(f"all moving again after {lose.__name__}", moved.total_seconds())
        pay(shoppers)
        all_reach(shoppers, "completed")
        began = time.monotonic()
        assert {page.wait_for_end() for page in watchers} == {"completed"}
        told("the last open page shows it after", time.monotonic() - began)
    for page in watchers:
        page.check()


def first_move(fleet: Fleet, shopper: Shopper) -> Any:
    """When the database stored that it left its first state."""
    sql = "SELECT at FROM checkout_checkouthistory WHERE checkout_id = ? AND version = 2"
    return fleet.rows(sql, shopper.id)[0][0]


def pay(shoppers: list[Shopper]) -> None:
    """All of them at once."""
    with ThreadPoolExecutor(len(shoppers)) as pool:
        assert [answer.status_code for answer in pool.map(Shopper.pay, shoppers)] == [303] * len(
            shoppers
        )


def timed(times: dict[str, list[float]], name: str, call: Callable[[], Any]) -> Any:
    """Make a request and note how long it took."""
    began = time.monotonic()
    answer = call()
    times.setdefault(name, []).append(time.monotonic() - began)
    return answer


def visit(fleet: Fleet, shopper: Shopper, times: dict[str, list[float]]) -> None:
    """A purchase, with the times of its requests."""
    cart = shopper.cart({"MUG-TIDE": 1})
    timed(times, "start", lambda: shopper.place_order(cart))
    shopper.wait_for("awaiting_payment")
    timed(times, "look", shopper.look)
    timed(times, "page", lambda: shopper.http.get("/", headers=BROWSER))
    assert timed(times, "command", lambda: shopper.command("extend")).status_code == 202
    assert timed(times, "webhook", lambda: fleet.webhook(shopper.id)).status_code == 202


@pytest.mark.parametrize("trouble", ["gone", "frozen"])
def test_without_redis_everything_goes_on(
    fleet: Fleet, arrive: Arrive, trouble: str, told: Told
) -> None:
    if trouble == "gone":
        fleet.redis.kill()
    elif trouble == "frozen":
        fleet.send("redis", signal.SIGSTOP)
    before = {name: fleet.lines(name) for name in (*WORKERS, "web")}
    began, times = time.monotonic(), dict[str, list[float]]()
    shoppers = [arrive(order=False) for _ in range(2)]
    for shopper in shoppers:
        visit(fleet, shopper, times)
    opened = timed(times, "socket", lambda: Watcher(shoppers[0]))
    with opened as page:
        timed(times, "snapshot", lambda: eventually(lambda: page.seen))
        pay(shoppers)
        told(f"redis {trouble}: paid to completed", all_reach(shoppers, "completed"))
        assert page.wait_for_end() == "completed"
    for name, seconds in times.items():
        told(f"redis {trouble}: {name} p50", median(seconds))
        told(f"redis {trouble}: {name} max", max(seconds))
    for name, lines in before.items():
        assert fleet.processes[name].poll() is None, f"{name} has ended"
        most = 60 + time.monotonic() - began
        assert fleet.lines(name) - lines < most, f"{name} floods its log"
    check_that_nobody_spins(fleet)
    assert fleet.ready().json()["redis"] == "unreachable"


def check_that_nobody_spins(fleet: Fleet) -> None:
    """Whoever looks for Redis does so now and then."""
    began = time.monotonic()
    busy = {name: fleet.busy(name) for name in (*WORKERS, "web")}
    time.sleep(RESTING_SECONDS)
    for name, before in busy.items():
        used, passed = fleet.busy(name) - before, time.monotonic() - began
        assert used < 0.7 * passed, f"{name} spins"


def test_postgresql_restarts_under_load_and_nothing_is_counted_or_parked(
    fleet: Fleet, arrive: Arrive, told: Told
) -> None:
    ready = [arrive() for _ in range(3)]
    all_reach(ready, "awaiting_payment")
    addresses = [shopper.look()["payment"]["action"]["url"] for shopper in ready]
    with ExitStack() as pages:
        watchers = [pages.enter_context(Watcher(shopper)) for shopper in ready]
        for address in addresses:
            answer = httpx2.post(address, data={"outcome": "approve"}, timeout=patience.SECONDS)
            assert answer.status_code == 303
        under_way = [arrive() for _ in range(4)]
        fleet.postgres.stop_immediately()
        answers_meanwhile(fleet, ready[0])
        fleet.postgres.start()
        told("all moving after PostgreSQL is back", all_reach(under_way, "awaiting_payment"))
        all_reach(ready, "completed")
        assert {page.wait_for_end() for page in watchers} == {"completed"}
    pay(under_way)
    all_reach(under_way, "completed")
    assert fleet.rows(TROUBLED) == []
    eventually(lambda: fleet.ready().is_success, lambda: fleet.ready().text)


def answers_meanwhile(fleet: Fleet, shopper: Shopper) -> None:
    """What a shopper, a program and a proxy see while there is no database."""
    page = shopper.http.get("/", headers=BROWSER)
    assert (page.status_code, "nothing is lost" in page.text) == (503, True)
    assert 'http-equiv="refresh"' in page.text
    path = f"/api/v1/checkouts/{shopper.id}"
    for answer in (
        shopper.http.get(path, headers=shopper.authorization),
        shopper.command("confirm"),
        shopper.http.post("/api/v1/carts", json={"lines": [{"sku": "MUG-TIDE", "quantity": 1}]}),
        fleet.webhook(shopper.id),
    ):
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
    health = fleet.ready()
    assert (health.status_code, health.json()["failing"]) == (503, ["database"])
