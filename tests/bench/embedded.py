"""The embedded form: one process on SQLite, bought from through its API, alone and by twenty at once.

    python -m tests.bench embedded [--short] [--json]

Each purchase is the whole of it: cart, start, socket, payment at the simulated provider, webhook.
1 when a purchase failed, or the database was said to be locked.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.bench.latency import one_checkout
from tests.bench.measuring.figures import median, percentile, report, table
from tests.bench.measuring.processes import cpu_ms, memory_mb
from tests.bench.measuring.stacks import SKU, Running, running
from tests.e2e.ledgers import Ledgers

SHOPPERS = 20
WARM_UP = 3
LOCKED = "database is locked"
READY = "/healthz/ready"  # asked for until it is, which the log calls an error each time
ORDERS = "SELECT COUNT(*) FROM shop_order WHERE status = 'placed'"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark can be told."""
    parser.add_argument("--shoppers", type=int, default=SHOPPERS)


def run(said: argparse.Namespace) -> int:
    """Measure and print."""
    lone, each = (8, 2) if said.short else (100, 20)
    with running("embedded") as site:
        figures = measure(site, lone, said.shoppers, each)
    report(figures, table([figures], list(figures)), said.json)
    return int(bool(figures["locked"]) or figures["orders"] != figures["purchases"])


def measure(site: Running, lone: int, shoppers: int, each: int) -> dict[str, Any]:
    """First alone, then all at once."""
    url, pid = site.stack.url, site.pids["demo"]
    alone = [sum(one_checkout(url, SKU)) for _ in range(lone + WARM_UP)][WARM_UP:]
    cpu, began = cpu_ms(pid), time.monotonic()
    with ThreadPoolExecutor(shoppers) as crowd:
        spans = list(crowd.map(lambda _: sum(one_checkout(url, SKU)), range(shoppers * each)))
    seconds, spent = time.monotonic() - began, cpu_ms(pid) - cpu
    log = site.stack.log("demo").read_text(errors="replace")
    return {
        "purchases": lone + WARM_UP + len(spans),
        "orders": Ledgers(site.stack).rows(ORDERS)[0][0],
        "locked": log.count(LOCKED),
        "errors": sum("ERROR" in line and READY not in line for line in log.splitlines()),
        "alone p50 ms": median(alone),
        "alone p99 ms": percentile(alone, 0.99),
        "shoppers": shoppers,
        "per second": len(spans) / seconds,
        "p50 ms": median(spans),
        "p99 ms": percentile(spans, 0.99),
        "CPU ms": spent / len(spans),
        "RSS MB": memory_mb([pid])[0],
    }
