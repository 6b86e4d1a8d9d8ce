"""Buffers that are touched with 1,000, 100,000 and 1,000,000 finished checkouts.

python -m tests.bench growth [--short] [--sizes 1000,100000] [--json]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.bench.growth.probes import doctor, probes, without_limit
from tests.bench.measuring.copies import copies
from tests.bench.measuring.figures import median, report, table
from tests.bench.measuring.servers import servers
from tests.bench.saga.ours import Ours

# Buffers are counted here, and nothing is timed that has to reach the disk.
QUICK = {"shared_buffers": "512MB", "fsync": "off", "wal_level": "minimal", "max_wal_senders": "0"}
SIZES = [1_000, 100_000, 1_000_000]
LIVE, DUE = 200, 50
PASSED = 20_000  # checkouts that were due and are no more, with nothing vacuumed yet
WHOLE, LEAN = 20_000, 1  # so many copies have all their rows, older ones one of each kind
TIMES = 5
SWEEPS_TOUCH = 40  # buffers, at any size
TOUCHED = (
    "SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0), coalesce(sum(calls), 0)"
    " FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
    " WHERE datname = current_database() AND query NOT LIKE '%pg_stat%'"
)
PASS_THROUGH = (
    "UPDATE checkout_checkoutsession SET due_at = {} WHERE id IN"
    " (SELECT id FROM checkout_checkoutsession WHERE state = 'completed' LIMIT {})"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark can be told."""
    parser.add_argument("--sizes", default="", help="numbers of checkouts, with commas between")


def run(said: argparse.Namespace) -> int:
    """Measure and print; 1 when a sweep touches too much."""
    sizes = [int(size) for size in said.sizes.split(",")] if said.sizes else SIZES
    sizes = [1_000, 3_000] if said.short and not said.sizes else sizes
    with servers(**QUICK) as where:
        ours = Ours(where)
        try:
            ours.prepare()
            found = measure(ours, sizes, with_doctor=not said.short)
        finally:
            ours.close()
    figures = {"sizes": sizes, "found": found}
    report(figures, text(found, sizes), said.json)
    most = [one["buffers"] for name, each in found.items() for one in each if "sweep" in name]
    return int(max(most) > SWEEPS_TOUCH)


def measure(ours: Ours, sizes: list[int], with_doctor: bool) -> dict[str, list[dict[str, Any]]]:
    """Every probe at every size."""
    one, *live = ours.load(1 + LIVE)
    ours.by_hand([one], ours.url)
    _tell(live)
    ours._due(live[:DUE], "now() - interval '1 minute'")
    found: dict[str, list[dict[str, Any]]] = {}
    there = 1
    for size in sizes:
        began = time.monotonic()
        for count, rows in ((min(size, WHOLE) - there, None), (size - max(there, WHOLE), LEAN)):
            if count > 0:
                copies(ours.connection, one, count, since=there, rows=rows)
                there += count
        print(f"{size:,} after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        with without_limit():
            for name, probe in probes(one).items():
                found.setdefault(name, []).append(touched(ours, probe, TIMES))
        for when, figures in after_a_rush(ours, probes(one)["sweep: due"]).items():
            found.setdefault(when, []).append(figures)
        if with_doctor:
            found.setdefault("doctor", []).append(examined(ours))
    return found


def _tell(live: list[str]) -> None:
    """The first event of each, which a worker would have told of."""
    from checkout.bootstrap import services
    from checkout.domain.value_objects.checkout_id import parse_checkout_id

    for one in live:
        services().relay.deliver(parse_checkout_id(one))


def examined(ours: Ours) -> dict[str, Any]:
    """The doctor, and how far it came in its time."""
    said = ""

    def look() -> None:
        nonlocal said
        said = doctor()

    return {**touched(ours, look, 1, warm=False), "said": said.splitlines()[-1]}


def touched(
    ours: Ours, probe: Callable[[], object], times: int, warm: bool = True
) -> dict[str, float]:
    """Buffers, statements and milliseconds of one run; PostgreSQL counts the first two."""
    if warm:
        probe()
    ours.connection.execute("SELECT pg_stat_statements_reset()")
    spans = []
    for _ in range(times):
        began = time.perf_counter()
        probe()
        spans.append((time.perf_counter() - began) * 1000)
    row = ours.connection.execute(TOUCHED.encode()).fetchone()
    assert row is not None
    return {
        "buffers": round(float(row[0]) / times, 1),
        "statements": round(float(row[1]) / times, 1),
        "ms": round(median(spans), 1),
    }


def after_a_rush(ours: Ours, due: Callable[[], object]) -> dict[str, dict[str, float]]:
    """The sweep behind very many that were due and are done, when nothing has been vacuumed."""
    for value in ("now() - interval '1 hour'", "NULL"):
        ours.connection.execute(PASS_THROUGH.format(value, PASSED).encode())
    ours.connection.execute("SELECT pg_stat_statements_reset()")
    began = time.perf_counter()
    due()
    span = (time.perf_counter() - began) * 1000
    row = ours.connection.execute(TOUCHED.encode()).fetchone()
    assert row is not None
    first = {"buffers": float(row[0]), "statements": float(row[1]), "ms": round(span, 1)}
    later = touched(ours, due, TIMES)
    ours.connection.execute("VACUUM ANALYZE checkout_checkoutsession")
    return {"after a rush: due, first": first, "after a rush: due, then": later}


def text(found: dict[str, list[dict[str, Any]]], sizes: list[int]) -> str:
    """Buffers, statements and milliseconds of each size beside each other."""
    rows = [
        {
            "what": name,
            **{
                f"{size:,}": f"{one['buffers']:,.0f} buffers, {one['statements']:.0f} st.,"
                f" {one['ms']:,.1f} ms {one.get('said', '')}".strip()
                for size, one in zip(sizes, each, strict=True)
            },
        }
        for name, each in found.items()
    ]
    return table(rows, list(rows[0]))
