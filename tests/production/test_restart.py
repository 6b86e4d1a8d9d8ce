"""Processes are told to end while they work: nothing fails, nothing waits, and all come back.

Only where the run has PostgreSQL and Redis: one process alone cannot be replaced without a gap.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import httpx2
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests import patience
from tests.e2e.api import Shopper
from tests.e2e.browsing import MUG
from tests.e2e.ledgers import Ledgers
from tests.patience import eventually
from tests.production.crowd import OpenPage, Visitor
from tests.production.stack import ALONE, WEBS, Behind

pytestmark = pytest.mark.e2e
SERVICE_RESTART = 1012
VISITORS, PAGES = 2, 4
ENOUGH_REQUESTS = 12  # while one of two processes is away


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    """The product behind the proxy, started once."""
    running = Behind()
    with running:
        yield running


@pytest.fixture
def shopper(behind: Behind) -> Iterator[Shopper]:
    """Somebody who comes through the proxy."""
    with closing(Shopper(behind.url)) as visitor:
        yield visitor


def test_a_worker_finishes_its_call_and_leaves_no_lease(behind: Behind, shopper: Shopper) -> None:
    books = Ledgers(behind)
    begun = "SELECT 1 FROM checkout_checkouteffect WHERE checkout_id = ? AND name = ?"
    behind.slow_provider(1.0)
    shopper.place_order(shopper.cart({MUG: 1}))
    eventually(lambda: books.rows(begun, shopper.id, "payments.initiate"))
    worker = behind.told_to_end("worker")
    assert worker.wait(patience.SECONDS) == 0
    lease = "SELECT lease_until FROM checkout_checkoutsession WHERE id = ?"
    assert books.rows(lease, shopper.id) == [(None,)]
    answer = "SELECT outcome FROM checkout_checkouteffect WHERE checkout_id = ? AND name = ?"
    assert books.rows(answer, shopper.id, "payments.initiate") != [("intended",)]
    assert "Traceback" not in behind.log("worker").read_text()


def test_what_was_ordered_without_a_worker_is_begun_by_the_next(
    behind: Behind, shopper: Shopper
) -> None:
    """The test before has ended the only one."""
    shopper.place_order(shopper.cart({MUG: 1}))
    assert shopper.look()["state"] == "started"
    behind.start("worker")
    shopper.wait_for("awaiting_payment")


def opened_pages(behind: Behind, leaving: ExitStack) -> list[OpenPage]:
    """So many shoppers who can pay, each with the page open."""
    pages = []
    for _ in range(PAGES):
        shopper = leaving.enter_context(closing(Shopper(behind.url)))
        shopper.place_order(shopper.cart({MUG: 1}))
        shopper.wait_for("awaiting_payment")
        pages.append(OpenPage(shopper))
    return pages


def replace(behind: Behind, name: str, pays: OpenPage, visitors: list[Visitor]) -> None:
    """What a rolling deploy does with one web process; meanwhile somebody pays, and all others come."""
    before = sum(visitor.asked for visitor in visitors)
    process = behind.told_to_end(name)
    assert process.wait(patience.SECONDS) == 0
    assert pays.shopper.pay().status_code == 303
    eventually(lambda: pays.state == "completed")
    eventually(lambda: sum(visitor.asked for visitor in visitors) > before + ENOUGH_REQUESTS)
    behind.start(name)
    behind.wait_until_serving(name)


def test_a_rolling_restart_fails_nobody(behind: Behind) -> None:
    with ExitStack() as leaving:
        pages = opened_pages(behind, leaving)
        visitors = [Visitor(behind.url) for _ in range(VISITORS)]
        for one in [*pages, *visitors]:
            leaving.enter_context(one)
        for page in pages:
            assert page.open.wait(patience.SECONDS)
        for name, page in zip(WEBS, pages, strict=False):
            replace(behind, name, page, visitors)
        assert [failure for visitor in visitors for failure in visitor.failed] == []
        for page in pages:
            eventually(page.is_back)
            assert set(page.codes) == {SERVICE_RESTART}
    assert "Traceback" not in behind.log("web-1").read_text() + behind.log("web-2").read_text()


def test_a_web_process_takes_its_leave(behind: Behind, shopper: Shopper) -> None:
    """Its health turns red first, then nothing new is accepted, and what runs is finished."""
    shopper.place_order(shopper.cart({MUG: 1}))
    shopper.wait_for("awaiting_payment")
    site = behind.start_alone()
    with ExitStack() as opened:
        http = opened.enter_context(httpx2.Client(base_url=site, timeout=patience.SECONDS))
        address = f"{site.replace('http', 'ws')}/ws/checkouts/{shopper.id}/"
        headers = shopper.authorization
        page = opened.enter_context(
            connect(address, additional_headers=headers, proxy=None, ping_interval=None)
        )
        page.recv(patience.SECONDS)
        row = opened.enter_context(psycopg.connect(behind.environment["DATABASE_URL"]))
        row.execute("SELECT 1 FROM checkout_checkoutsession WHERE id = %s FOR UPDATE", [shopper.id])
        answers: list[int] = []
        path = f"/api/v1/checkouts/{shopper.id}/extend"
        waiting = threading.Thread(
            target=lambda: answers.append(http.post(path, json={}, headers=headers).status_code)
        )
        waiting.start()
        waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        eventually(lambda: Ledgers(behind).rows(waits))
        process = behind.told_to_end(ALONE)
        eventually(lambda: behind.live(ALONE) == 503)
        failing = http.get("/healthz/ready")
        assert failing.status_code == 503
        assert "draining" in failing.json()["failing"]
        assert http.get("/api/v1/products").status_code == 200  # served as ever
        with pytest.raises(ConnectionClosed) as closed:
            page.recv(patience.SECONDS)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == SERVICE_RESTART
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(site)
        assert (answers, process.poll()) == ([], None)
        row.rollback()
        waiting.join()
        assert (answers, process.wait(patience.SECONDS)) == ([202], 0)
