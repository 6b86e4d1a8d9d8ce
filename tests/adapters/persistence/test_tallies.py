"""The hourly counts: every row of the journals once, whatever interrupts, whoever comes late."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from checkout.adapters.outbound.persistence.database_time import read_now, shifted
from checkout.adapters.outbound.persistence.models import (
    CheckoutHistory,
    HourlyTally,
    TallyCursor,
)
from checkout.adapters.outbound.persistence.repositories import tallies as module
from checkout.adapters.outbound.persistence.repositories.dashboard_queries import DashboardQueries
from checkout.adapters.outbound.persistence.repositories.tallies import Tallies
from checkout.read_models.tally import Key, hour_of
from tests.adapters.persistence.histories import (
    call,
    completed,
    expected,
    random_moves,
    tallies,
    write,
)

pytestmark = pytest.mark.django_db
RIPE = 31.0


def count_all(rounds: int = 3) -> None:
    """So many rounds, each long enough after the other that everything is ripe."""
    for number in range(rounds):
        with shifted(number * RIPE):
            Tallies().count(60)


def store(*histories: list[CheckoutHistory]) -> None:
    """In the order of the time, as it would have come."""
    rows = sorted((row for history in histories for row in history), key=lambda row: row.at)
    CheckoutHistory.objects.bulk_create(rows)


def ago(hours: float) -> datetime:
    return read_now() - timedelta(hours=hours)


def test_a_history_is_counted_where_it_happened() -> None:
    began = hour_of(ago(5)) + timedelta(minutes=59)
    store(write(began, completed(0.02, 0.5, 2, 300, 1)))
    count_all()
    found = {(k.hour, k.kind, k.name, k.outcome): n for k, n in tallies().items()}
    first, second = hour_of(began), hour_of(began) + timedelta(hours=1)
    assert found[first, "entered", "freeze_cart", ""] == 1
    assert found[first, "left", "initiate_payment", "done"] == 1
    assert found[second, "left", "await_payment_result", "done"] == 1
    assert found[second, "ended", "completed", ""] == 1
    assert sum(found.values()) == 5 + 5 + 1


def broken_off(dice: random.Random, write: Callable[..., None]) -> Callable[..., None]:
    """Now and then it breaks off before or after it has written, inside its transaction."""

    def perhaps(counts: object) -> None:
        breaks = dice.random()
        if breaks < 0.25:
            raise InterruptedError
        write(counts)
        if breaks < 0.5:
            raise InterruptedError

    return perhaps


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_one_would_count_by_hand(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random histories that come in while it counts; small batches; interrupted again and again."""
    dice = random.Random(seed)
    monkeypatch.setattr(module, "AT_ONCE", dice.randint(7, 25))
    monkeypatch.setattr(module, "_add", broken_off(dice, module._add))
    told, rows = Counter[Key](), list[CheckoutHistory]()
    for _ in range(25):
        moves, failure = random_moves(dice)
        history = write(ago(dice.uniform(0, 72)), moves, failure)
        told += expected(history, failure)
        rows += history
    rows.sort(key=lambda row: row.at)
    shift = 0.0
    while rows or TallyCursor.objects.get(name="history").position < last_row():
        CheckoutHistory.objects.bulk_create(rows[:40])
        del rows[:40]
        shift += RIPE
        with shifted(shift), suppress(InterruptedError):
            Tallies().count(60)
    assert tallies() == told


def last_row() -> int:
    return CheckoutHistory.objects.order_by("-pk").values_list("pk", flat=True)[0]


def test_what_is_committed_late_is_not_missed() -> None:
    """Numbers are given before the commit: one may show after its elders, and before it is ripe."""
    early, late = write(ago(2), completed(1, 1, 1, 1, 1)), write(ago(1), completed(1, 1, 1, 1, 1))
    for number, row in enumerate([*late, *early], start=last_number() + 1):
        row.pk = number
    CheckoutHistory.objects.bulk_create(early)
    Tallies().count(60)
    with shifted(module.HISTORY.ripe_after.total_seconds() - 1):
        Tallies().count(60)
    assert tallies() == {}
    CheckoutHistory.objects.bulk_create(late)
    count_all()
    assert tallies() == expected(early, "") + expected(late, "")


def last_number() -> int:
    """A number that no row has yet, and none was given."""
    (row,) = CheckoutHistory.objects.bulk_create(write(ago(1), completed(1, 1, 1, 1, 1))[:1])
    CheckoutHistory.objects.filter(pk=row.pk).delete()
    return int(row.pk or 0)


def test_two_workers_at_once_count_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one has counted and written between the first one's counting and writing."""
    history = write(ago(2), completed(1, 1, 1, 1, 1))
    store(history)
    Tallies().count(60)
    count, others = module._count, [Tallies()]

    def slowly(*batch: Any) -> Counter[Key]:
        counted = count(*batch)
        if others:
            others.pop().count(60)
        return counted

    monkeypatch.setattr(module, "_count", slowly)
    count_all()
    assert others == []
    assert tallies() == expected(history, "")


def test_calls_are_counted_by_what_came_of_them_in_time() -> None:
    at = hour_of(ago(3))
    call("payments.initiate", at, "done")
    call("payments.initiate", at, "done", tries=2)
    call("payments.initiate", at, "unknown", answered=False)
    call("payments.refund", at, "unknown", tries=4)  # theirs to decide: it was answered
    call("inventory.reserve", at, "refused")
    count_all()
    assert tallies() == {
        Key(at, "call", "payments.initiate", "answered"): 1,
        Key(at, "call", "payments.initiate", "unanswered"): 2,
        Key(at, "call", "payments.refund", "answered"): 1,
        Key(at, "call", "inventory.reserve", "refused"): 1,
    }


def test_old_hours_are_neither_counted_nor_kept() -> None:
    store(write(ago(24 * 40), completed(1, 1, 1, 1, 1)), write(ago(2), completed(1, 1, 1, 1, 1)))
    count_all()
    assert len(HourlyTally.objects.dates("hour", "day")) <= 2
    Tallies().forget(1000)
    assert tallies()
    with shifted(module.KEPT.total_seconds()):
        Tallies().forget(1000)
    assert tallies() == {}


def test_it_says_until_when_it_has_counted() -> None:
    queries = DashboardQueries()
    assert queries.counted_until() is None
    store(write(ago(2), completed(1, 1, 1, 1, 1)))
    Tallies().count(60)
    assert queries.counted_until() is None
    before = read_now()
    count_all()
    until = queries.counted_until()
    assert until is not None
    assert before < until <= before + timedelta(seconds=4 * RIPE)
