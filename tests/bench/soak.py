"""Some shoppers who buy all the time: does any process grow?

    python -m tests.bench soak [--minutes 60] [--form embedded|production] [--short] [--json]

Memory of each process every few seconds. What is loaded with the first purchases is no leak, so the
growth is taken from the second half: MB per hour, and what a thousand purchases add.
"""

from __future__ import annotations

import argparse
import threading
import time
from typing import Any

from tests.bench.latency import one_checkout
from tests.bench.measuring.figures import report, slope, table
from tests.bench.measuring.processes import memory_mb
from tests.bench.measuring.stacks import FORMS, SKU, Running, running

SHOPPERS = 4
PAUSE_SECONDS = 0.2  # of each shopper, between two purchases: the load is bounded
EVERY_SECONDS = 5.0
Point = tuple[float, int, float]  # seconds, purchases so far, MB


class Crowd:
    """Shoppers who buy until they are told to leave; one that fails is counted and goes on."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._leaving = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._buy, daemon=True) for _ in range(SHOPPERS)]
        self.bought = self.failed = 0

    def begin(self) -> None:
        """Start buying."""
        for thread in self._threads:
            thread.start()

    def leave(self) -> None:
        """Finish what has begun."""
        self._leaving.set()
        for thread in self._threads:
            thread.join()

    def _buy(self) -> None:
        while not self._leaving.wait(PAUSE_SECONDS):
            try:
                one_checkout(self._site, SKU)
            except Exception:
                went_well = False
            else:
                went_well = True
            with self._lock:
                self.bought += went_well
                self.failed += not went_well


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark can be told."""
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--form", choices=FORMS, default="production")


def run(said: argparse.Namespace) -> int:
    """Measure and print; 1 when a purchase failed."""
    seconds = 30.0 if said.short else said.minutes * 60
    with running(said.form) as site:
        crowd = Crowd(site.stack.url)
        crowd.begin()
        points = watch(site, crowd, seconds)
        crowd.leave()
    rows = [grown(name, at) for name, at in points.items()]
    figures: dict[str, Any] = {"form": said.form, "minutes": seconds / 60, "bought": crowd.bought}
    figures |= {"failed": crowd.failed, "processes": rows, "points": points}
    words = f"{said.form}: {crowd.bought} bought, {crowd.failed} failed in {seconds / 60:.1f} min"
    report(figures, f"{words}\n\n{table(rows, list(rows[0]))}", said.json)
    return int(crowd.failed > 0)


def watch(site: Running, crowd: Crowd, seconds: float) -> dict[str, list[Point]]:
    """The memory of each process over time."""
    began = time.monotonic()
    points: dict[str, list[Point]] = {name: [] for name in site.pids}
    while (now := time.monotonic() - began) < seconds:
        for name, pids in site.processes().items():
            rss, uss = memory_mb(pids)
            # PostgreSQL's backends share their buffers: only what is their own adds up.
            points[name].append((now, crowd.bought, uss if name == "postgres" else rss))
        time.sleep(EVERY_SECONDS)
    return points


def grown(name: str, points: list[Point]) -> dict[str, Any]:
    """How one process went on in the second half."""
    half = points[len(points) // 2 :]
    return {
        "process": name,
        "first MB": points[0][2],
        "half MB": half[0][2],
        "last MB": points[-1][2],
        "MB per hour": slope([(seconds, mb) for seconds, _, mb in half]) * 3600,
        "MB per 1,000 bought": slope([(float(bought), mb) for _, bought, mb in half]) * 1000,
    }
