"""The dashboard: the numbers of a known history, how things stand now, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from checkout.adapters.inbound import rounds
from checkout.adapters.inbound.admin.dashboard.gauges import Gauge
from checkout.adapters.outbound.persistence.database_time import read_now, shifted
from checkout.adapters.outbound.persistence.models import (
    BulkRecovery,
    CheckoutEffect,
    CheckoutHistory,
    CheckoutOutbox,
    CheckoutSession,
    WorkerHeartbeat,
)
from checkout.adapters.outbound.persistence.repositories.tallies import Tallies
from checkout.adapters.outbound.scheduling.huey_scheduler import HueyQueue
from checkout.bootstrap import services
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import LIST
from tests.adapters.admin.conftest import someone
from tests.adapters.commands.conftest import another, awaiting, completed
from tests.adapters.persistence.histories import Move, call, write
from tests.adapters.persistence.histories import completed as through

pytestmark = pytest.mark.django_db
BOARD = f"{LIST}dashboard/"
RIPE = 31


def shown(boss: Client, window: str = "24h") -> dict[str, Any]:
    """Everything that the page shows."""
    answer = boss.get(BOARD, {"window": window})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.context_data or {}
    return found


def gauge(boss: Client, name: str) -> tuple[Gauge, str]:
    """One of the numbers of now, and where it leads."""
    return next((g, address) for g, address in shown(boss)["gauges"] if g.name == name)


def outcomes(page: dict[str, Any]) -> dict[str, int]:
    """How many checkouts ended how."""
    return {what: int(count) for what, count, _ in page["outcomes"]}


def counted() -> None:
    """Everything that there is is counted."""
    for number in range(3):
        with shifted(number * RIPE):
            Tallies().count(60)


def test_the_numbers_of_a_known_history(boss: Client) -> None:
    began = read_now() - timedelta(minutes=30)
    for tenths in range(1, 21):  # the time to pay takes 10, 20, … 200 s
        CheckoutHistory.objects.bulk_create(write(began, through(0.1, 0.1, 0.1, tenths * 10, 0.1)))
    declined = [Move("started"), Move("cart_frozen", 1), Move("inventory_reserved", 1)]
    for way in (
        [*declined, Move("awaiting_payment", 1), Move("aborting", 5), Move("aborted", 1)],
        [*declined, Move("awaiting_payment", 1), Move("inventory_reserved", 5)],
    ):
        CheckoutHistory.objects.bulk_create(write(began, way, "payment_declined"))
    counted()
    page = shown(boss)
    lines = {line.step: line for line, _ in page["steps"]}
    pay = lines["await_payment_result"]
    assert (pay.entered, pay.done, pay.failed, pay.again) == (22, 20, 1, 1)
    assert pay.rate == pytest.approx(20 / 22)
    assert pay.median == pytest.approx(100, rel=0.1)
    assert pay.p95 == pytest.approx(190, rel=0.1)
    assert lines["freeze_cart"].rate == 1
    assert outcomes(page) == {"Completed": 20, "Aborted": 1, "payment_declined": 1}
    chart = page["figures"][0]
    assert "22 started, 20 completed, 1 aborted." in chart.chart
    assert sum(int(row[2]) for row in chart.rows) == 20


def test_a_window_ends_where_it_says(boss: Client) -> None:
    for hours in (30, 24 * 8):
        rows = write(read_now() - timedelta(hours=hours), through(1, 1, 1, 1, 1))
        CheckoutHistory.objects.bulk_create(rows)
    counted()
    assert outcomes(shown(boss, "24h"))["Completed"] == 0
    assert outcomes(shown(boss, "7d"))["Completed"] == 1
    assert shown(boss, "' or 1=1")["window"].name == "24h"


def test_what_the_engine_does_is_counted(world: World, boss: Client) -> None:
    completed(world)
    for _ in range(4):
        world.shift(RIPE)
        rounds.do_due()
    page = shown(boss)
    assert outcomes(page)["Completed"] == 1
    assert {row["name"]: row["made"] for row in page["calls"]}["orders.place"] == "1"


def test_calls_without_an_answer_are_marked(boss: Client) -> None:
    at = read_now() - timedelta(minutes=5)
    for number in range(25):
        call("payments.initiate", at, "done", tries=2 if number < 5 else 1)
    call("payments.capture", at, "unknown", answered=False)
    counted()
    provider, _ = gauge(boss, "Payment provider")
    assert (provider.level, provider.value) == ("act", "23%")
    assert "1 without an answer now" in provider.note
    bad = {row["name"]: row["bad"] for row in shown(boss)["calls"]}
    assert bad == {"payments.initiate": True, "payments.capture": True}


def test_all_is_well(world: World, boss: Client) -> None:
    services().queries.beat("host:1")
    completed(world)
    services().relay.deliver_waiting()
    CheckoutOutbox.objects.filter(sent_at__isnull=True).update(sent_at=read_now())
    counted()
    page = shown(boss)
    assert [g for g, _ in page["gauges"] if g.level != "fine"] == []
    assert page["verdict"] == "All is well"


def stuck(world: World) -> None:
    world.shift(100)


def unsent(world: World) -> None:
    CheckoutOutbox.objects.update(sent_at=None)
    world.shift(60)


def flagged(world: World) -> None:
    CheckoutSession.objects.update(needs_attention="retrying")


def holding(world: World, left: float) -> None:
    CheckoutSession.objects.update(held_until=read_now() + timedelta(seconds=left))


def owing(world: World, flag: str = "") -> None:
    """The provider has taken 29.90 for nothing, and a refund of it is open."""
    payments = {"1": {**world.row.payments["1"]}}
    payments["1"]["facts"] = {**payments["1"]["facts"], "captured": 2990, "currency": "EUR"}
    CheckoutSession.objects.update(
        state="aborted", payments=payments, needs_attention=flag, unsettled=True
    )
    CheckoutEffect.objects.create(
        checkout_id=world.known,
        name="payments.refund",
        generation=1,
        key="refund",
        arguments={"attempt": 1, "amount": 2990, "before": 0, "failed_before": 0},
        outcome="unknown",
        answered_at=read_now(),
    )


TROUBLES: dict[str, tuple[str, Callable[[World], None], str, str, str]] = {
    "stuck": ("Stuck", stuck, "act", "1", "?stuck=yes"),
    "attention": ("Needs attention", flagged, "look", "1", "?attention=yes"),
    "long": ("Longest in one state", lambda w: w.shift(100_000), "look", "1 d 3 h", "/change/"),
    "lapsing": ("Holds about to lapse", lambda w: holding(w, 60), "look", "1", "=awaiting_payment"),
    "lapsed": ("Holds about to lapse", lambda w: holding(w, -60), "act", "1 lapsed", "=awaiting"),
    "owed": ("Refunds owed", owing, "fine", "1", "?owed=yes"),
    "late": ("Refunds owed", lambda w: owing(w, "money_overdue"), "act", "1", "?owed=yes"),
    "unsent": ("Events not sent", unsent, "act", "", ""),
    "no worker": ("Workers", lambda w: None, "act", "none at work", ""),
    "not counted": ("Figures below", lambda w: None, "look", "not counted yet", ""),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_is_bad_is_said_in_words_and_what_to_do(
    world: World, boss: Client, trouble: str
) -> None:
    name, cause, level, value, address = TROUBLES[trouble]
    awaiting(world)
    cause(world)
    found, leads_to = gauge(boss, name)
    assert found.level == level
    assert value in found.value
    assert bool(found.todo)
    assert address in leads_to
    if leads_to:
        assert boss.get(leads_to).status_code == 200


def test_bulk_recoveries_are_counted_until_they_end(boss: Client) -> None:
    for phase, ended in (("running", None), ("rehearsed", None), ("done", read_now())):
        BulkRecovery.objects.create(
            command="recheck",
            scope="",
            total=1,
            phase=phase,
            chosen_at=read_now(),
            finished_at=ended,
        )
    found, leads_to = gauge(boss, "Bulk recovery")
    assert (found.value, found.note[:11]) == ("1 at work", "1 tried out")
    assert boss.get(leads_to).status_code == 200


def test_owed_money_is_added_up_by_currency(world: World, boss: Client) -> None:
    awaiting(world)
    owing(world)
    assert gauge(boss, "Refunds owed")[0].note == "€29.90 (1)"


def test_a_late_worker_is_named_and_one_long_gone_is_not(boss: Client) -> None:
    for worker, seconds in (("host:1", 0), ("host:2", 90), ("host:3", 1800)):
        at = read_now() - timedelta(seconds=seconds)
        WorkerHeartbeat.objects.create(worker=worker, at=at)
    found, _ = gauge(boss, "Workers")
    assert (found.level, found.value, found.note) == ("look", "1 at work", "late: host:2")


def test_a_queue_that_is_gone_is_unknown(boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert HueyQueue("redis://127.0.0.1:1/0").waiting() is None
    monkeypatch.setattr(services().queue, "_storage", None)
    monkeypatch.setattr(HueyQueue, "waiting", lambda self: None)
    found, _ = gauge(boss, "Queue")
    assert (found.level, found.value) == ("look", "unknown")


def test_the_number_of_queries_does_not_depend_on_how_much_there_is(
    world: World, boss: Client
) -> None:
    awaiting(world)
    counts = []
    for number in range(3):
        with CaptureQueriesContext(connection) as queries:
            shown(boss)
        counts.append(len(queries))
        another(world, f"cart-{number + 5}")
        world.tick()
    assert counts[0] == counts[1] == counts[2] <= 22


def test_it_keeps_to_the_policy_and_is_only_looked_at(boss: Client) -> None:
    answer = boss.get(BOARD)
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*src=)", answer.content.decode())
    assert boss.post(BOARD).status_code == 405


@pytest.mark.parametrize(("role", "offered"), [("view", True), ("nothing", False)])
def test_the_way_to_it_is_offered_to_those_who_may(role: str, offered: bool) -> None:
    client = someone(role)
    for page in (LIST, "/admin/checkout/"):
        answer = client.get(page)
        assert (answer.status_code == 200 and BOARD in answer.content.decode()) == offered
