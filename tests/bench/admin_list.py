"""What the list of checkouts in the admin costs, with a thousand, 100,000 and a million of them.

    python -m tests.bench.admin_list [--sizes 1000 100000 1000000] [--times 30] [--json]

On a PostgreSQL server of its own, with the limits of production (a statement may take 2 s). For each
page: the number of queries, the blocks of 8 kB that they touch, and the milliseconds of the whole
request in this process, half and 99 of 100 of them. Filling takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from typing import Any

from tests.bench.latency import percentile
from tests.bench.many_checkouts import fill, private_database

LIST = "/admin/checkout/checkoutsession/"
SIZES = [1_000, 100_000, 1_000_000]
MOST_BLOCKS = 4000  # of any page at any size; the time depends on what else the machine does


def pages(size: int) -> dict[str, dict[str, str]]:
    """The pages by name, as the parameters of their addresses."""
    from checkout.adapters.inbound.admin.listing import Place
    from checkout.adapters.outbound.persistence.models import CheckoutSession

    one = CheckoutSession.objects.get(cart=f"cart-{size // 2 + 1 - size // 2 % 4}")
    middle = str(Place(one.created_at, one.pk))
    states = ("live", "awaiting_payment", "aborting", "completed", "aborted")
    searches = {
        "order": one.order_reference.lower(),
        "mail": (one.snapshot or {})["buyer"]["email"].lower(),
        "mail of 1 in 200": "tester@example.org",
        "cart": one.cart,
        "provider": f"pay_{one.cart.removeprefix('cart-')}",
        "id": str(one.pk),
        "beginning of the id": str(one.pk)[:8],
        "nothing": "nobody@example.org",
    }
    return {
        "list": {},
        "next page": {"before": middle},
        "previous page": {"after": middle},
        **{f"state {state}": {"state": state} for state in states},
        **{name: {name: "yes"} for name in ("attention", "stuck", "owed", "on_hold")},
        "owed, next page": {"owed": "yes", "before": middle},
        "owed and completed": {"owed": "yes", "state": "completed"},
        "attention and aborted": {"attention": "yes", "state": "aborted"},
        **{f"search {name}": {"q": term} for name, term in searches.items()},
    }


def blocks(queries: list[str]) -> int:
    """How many blocks these queries touch, in memory or not."""
    from django.db import connection

    touched = 0
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query.replace('%', '%%')}", []
            )
            (said,) = cursor.fetchone()
            plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
            touched += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return touched


def measure(client: Any, asked: dict[str, str], times: int, address: str = LIST) -> dict[str, Any]:
    """The cost of one page. Raises AssertionError when it is not shown."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address, asked)
    queries = [q["sql"] for q in captured.captured_queries if q["sql"].startswith("SELECT")]
    assert answer.status_code == 200, asked
    spans = []
    for _ in range(times):
        began = time.perf_counter()
        client.get(address, asked)
        spans.append((time.perf_counter() - began) * 1000)
    return {
        "shown": answer.content.count(b"/change/"),
        "queries": len(queries),
        "blocks": blocks(queries),
        "p50_ms": round(statistics.median(spans), 1),
        "p99_ms": round(percentile(spans, 0.99), 1),
    }


def run(sizes: list[int], times: int) -> dict[str, dict[int, dict[str, Any]]]:
    """The cost of every page at every size."""
    from django.contrib.auth.models import User
    from django.test import Client

    boss = User.objects.create_superuser("boss")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(boss)
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for size in sizes:
        began = time.perf_counter()
        fill(size)
        print(f"{size:,} filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        for name, asked in pages(size).items():
            found.setdefault(name, {})[size] = measure(client, asked, times)
    return found


def table(found: dict[str, dict[int, dict[str, Any]]], sizes: list[int]) -> str:
    """The sizes side by side: queries, blocks, and the two times."""
    lines = [f"{'':28}" + "".join(f"{size:>32,}" for size in sizes)]
    lines.append(f"{'':28}" + f"{'queries  blocks   p50   p99 ms':>32}" * len(sizes))
    for name, costs in found.items():
        cells = (
            f"{c['queries']:>9}{c['blocks']:>8}{c['p50_ms']:>7.1f}{c['p99_ms']:>8.1f}"
            for c in costs.values()
        )
        lines.append(f"{name:28}" + "".join(cells))
    return "\n".join(lines)


def main() -> int:
    """Measure and print; 1 when a page touches more than it may."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with private_database():
        found = run(arguments.sizes, arguments.times)
    print(table(found, arguments.sizes))
    if arguments.json:
        print(json.dumps(found))
    return int(any(c["blocks"] > MOST_BLOCKS for costs in found.values() for c in costs.values()))


if __name__ == "__main__":
    raise SystemExit(main())
