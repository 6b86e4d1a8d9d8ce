"""Whose lease was it? Only checkouts whose holder is gone may count as recovered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.recovery import Recovery, percentile

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE = NOW + timedelta(seconds=2)
LATER = NOW + timedelta(seconds=3)
HELD = ("a", 7, 3, LEASE, NOW)  # id, fence, version, lease, the database's time


@pytest.fixture
def recovery() -> Recovery:
    """Watches one checkout under a lease. It is not started, and needs no database."""
    watching = Recovery("postgresql://nowhere")
    watching.watch([HELD], watching.times.killed)
    return watching


def test_a_claim_after_the_lease_has_run_out_is_a_recovery(recovery: Recovery) -> None:
    recovery.look_at("a", 8, 3, LATER + timedelta(seconds=2), LATER)
    assert len(recovery.times.killed) == 1
    assert recovery.watching == 0


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(("a", 7, 4, LEASE, NOW), id="its holder committed"),
        pytest.param(("a", 7, 3, LATER, NOW), id="its holder has a longer lease"),
        pytest.param(("a", 7, 3, None, NOW), id="its holder let go"),
        pytest.param(("a", 8, 4, LATER, NOW), id="let go and claimed again"),
    ],
)
def test_a_living_holder_is_left_out(
    recovery: Recovery, row: tuple[str, int, int, datetime | None, datetime]
) -> None:
    recovery.look_at(*row)
    assert recovery.times.killed == []
    assert recovery.watching == 0


def test_what_does_not_move_is_watched_on(recovery: Recovery) -> None:
    recovery.look_at("a", 7, 3, LEASE, LATER)
    assert recovery.watching == 1


def test_a_lost_bell_counts_from_the_flush_to_the_claim() -> None:
    recovery = Recovery("postgresql://nowhere")
    recovery.watch([("b", 1, 1, None, NOW)], recovery.times.flushed)
    recovery.look_at("b", 2, 1, LEASE, NOW)
    assert len(recovery.times.flushed) == 1


def test_percentiles() -> None:
    times = [float(n) for n in range(1, 101)]
    assert (percentile(times, 0.5), percentile(times, 0.99), percentile(times, 1.0)) == (
        51,
        100,
        100,
    )
    assert percentile([], 0.5) is None
