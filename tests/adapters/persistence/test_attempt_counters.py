"""Counters that many processes share: no more get through than may, and nobody waits for a lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from checkout.adapters.outbound.persistence.database_time import shifted
from checkout.adapters.outbound.persistence.models import AttemptCounter
from checkout.adapters.outbound.persistence.repositories.attempt_counters import (
    AttemptCounters,
    Limit,
    LimitReached,
)

pytestmark = pytest.mark.django_db(transaction=True)
COUNTERS = AttemptCounters()


def take(*limits: Limit) -> bool:
    """Whether an attempt got through."""
    try:
        COUNTERS.take(limits)
    except LimitReached:
        return False
    finally:
        connection.close()
    return True


def limit(key: str, most: int, cool_down: float = 300) -> Limit:
    """A limit in ten minutes."""
    return Limit(key, most, 600, cool_down)


def test_of_many_at_once_only_so_many_get_through() -> None:
    """Two keys, taken by half of them in the one order, and by half in the other: no deadlock."""
    both = (limit("address:a", 5), limit("session:b", 9))
    orders = [both, both[::-1]] * 10
    with ThreadPoolExecutor(8) as pool:
        through = list(pool.map(lambda limits: take(*limits), orders))
    assert sum(through) == 5
    assert dict(AttemptCounter.objects.values_list("key", "count")) == {
        "address:a": 5,
        "session:b": 5,
    }


def test_what_is_refused_by_one_limit_is_not_counted_by_another() -> None:
    strict, loose = limit("address:a", 1), limit("session:b", 9)
    assert [take(strict, loose) for _ in range(4)] == [True, False, False, False]
    assert AttemptCounter.objects.get(key="session:b").count == 1
    assert AttemptCounter.objects.get(key="address:a").refused == 3


def test_the_window_begins_anew_when_it_is_over() -> None:
    assert [take(limit("a", 2)) for _ in range(1)] == [True]
    with shifted(601):
        assert [take(limit("a", 2)) for _ in range(3)] == [True, True, False]


def test_who_is_refused_is_told_how_long_to_wait() -> None:
    take(limit("a", 1))
    with shifted(100), pytest.raises(LimitReached) as reached:
        COUNTERS.take([limit("a", 1)])
    assert 190 < reached.value.seconds <= 200
    with shifted(301):
        assert take(limit("a", 1))
