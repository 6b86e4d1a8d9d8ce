"""A bounded run with kills: everything ends, and all books agree."""

from __future__ import annotations

from tests.chaos.conftest import Ended


def test_nothing_was_violated(ended: Ended) -> None:
    assert ended.outcome.violations == [], ended.outcome.logs


def test_enough_happened(ended: Ended) -> None:
    figures = ended.outcome.figures
    assert figures["kills"] >= (3 if ended.production else 1)
    assert figures["checkouts"] >= (12 if ended.production else 6)
    assert figures["completed"] >= (6 if ended.production else 3)


def test_the_figures_are_those_that_are_promised(ended: Ended) -> None:
    figures = ended.outcome.figures
    assert figures["completed"] + figures["aborted"] == figures["checkouts"]
    assert figures["violations"] == 0
    assert {"seed", "seconds", "resumed_p50_s", "resumed_p99_s", "redis_flushed_max_s"} <= {
        *figures
    }
