"""What the dashboard costs, and its counting, with a thousand, 100,000 and a million checkouts.

    python -m tests.bench.dashboard [--sizes 1000 100000 1000000] [--times 30] [--json]

On a PostgreSQL server of its own, with the limits of production (a statement may take 2 s). For each
window: the number of queries, the blocks of 8 kB that they touch, and the milliseconds of the whole
request in this process, half and 99 of 100 of them. Then how many rows of the history are counted in
a second. Filling takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import timedelta
from typing import Any

from checkout.testing.builders import snapshot
from tests.bench.admin_list import measure
from tests.bench.many_checkouts import fill, private_database

BOARD = "/admin/checkout/checkoutsession/dashboard/"
SIZES = [1_000, 100_000, 1_000_000]
TARGET_MS = 500.0  # half of the requests, of any window, at any size
COUNTED = 20_000  # rows of the history whose counting is timed
HISTORY = """
INSERT INTO checkout_checkouthistory (checkout_id, version, edge, source, target, actor, reason, at)
SELECT id, n, 'edge', coalesce((way)[n - 1], ''), (way)[n], 'system:worker', '',
  created_at + n * interval '3 s'
FROM (SELECT id, created_at, array['started', 'cart_frozen', 'inventory_reserved',
  'awaiting_payment', CASE state WHEN 'aborted' THEN 'aborting' ELSE 'payment_confirmed' END,
  CASE state WHEN 'aborted' THEN state ELSE 'completed' END] AS way
  FROM checkout_checkoutsession ORDER BY created_at) AS ways, generate_series(1, 6) AS n
"""
OUTBOX = """
INSERT INTO checkout_checkoutoutbox (checkout_id, sequence, event_id, name, data, at, sent_at)
SELECT id, n, gen_random_uuid(), 'event', '{}', created_at, created_at
FROM checkout_checkoutsession, generate_series(1, 2) AS n
"""
# Every hour of five weeks, each step with thirty buckets: more than a shop's steps spread over.
TALLIES = """
INSERT INTO checkout_hourlytally (hour, kind, name, outcome, bucket, count)
SELECT date_trunc('hour', now()) - hours * interval '1 h', kind, name, outcome, bucket, 10
FROM generate_series(0, 839) AS hours, (
  SELECT 'left' AS kind, name, 'done' AS outcome, bucket FROM generate_series(20, 49) AS bucket,
    unnest(array['freeze_cart', 'reserve_inventory', 'initiate_payment', 'await_payment_result',
      'finalize_order', 'abort_checkout']) AS name
  UNION ALL SELECT 'entered', name, '', -1 FROM unnest(array['freeze_cart', 'reserve_inventory',
      'initiate_payment', 'await_payment_result', 'finalize_order', 'abort_checkout']) AS name
  UNION ALL SELECT 'ended', 'completed', '', -1
  UNION ALL SELECT 'ended', 'aborted', code, -1 FROM
    unnest(array['out_of_stock', 'payment_declined', 'payment_expired']) AS code
  UNION ALL SELECT 'call', name, outcome, -1 FROM
    unnest(array['answered', 'refused', 'unanswered']) AS outcome,
    unnest(array['carts.close', 'coupons.claim', 'inventory.reserve', 'inventory.extend',
      'payments.initiate', 'inventory.commit', 'orders.place', 'payments.capture', 'coupons.redeem',
      'inventory.release', 'payments.close', 'carts.reopen']) AS name) AS counted
"""


def owe() -> None:
    """Let those that are owed money be as they are stored: taken in full, and a refund open."""
    from checkout.adapters.outbound.persistence.models import CheckoutEffect, CheckoutSession

    cart = snapshot()
    facts = {"authorised": cart.total, "captured": cart.total, "currency": cart.currency}
    taken = {"reference": "pay", "action": {}, "silent": 0, "facts": {**facts, "closed": True}}
    times = dict.fromkeys(("begun_at", "asked_at", "ask_at"))
    owed = CheckoutSession.objects.filter(unsettled=True)
    owed.update(
        state="aborted",
        snapshot=cart.to_json(),
        snapshot_digest=cart.digest,
        payments={"1": {**taken, **times}},
    )
    asked = {"attempt": 1, "amount": cart.total, "before": 0, "failed_before": 0}
    refund = {"name": "payments.refund", "generation": 1, "outcome": "unknown", "arguments": asked}
    CheckoutEffect.objects.bulk_create(
        CheckoutEffect(
            checkout=checkout,
            key=f"{checkout.pk}:refund",
            intended_at=checkout.created_at,
            answered_at=checkout.created_at,
            **refund,
        )
        for checkout in owed
    )


def fill_journals() -> None:
    """History and events of the checkouts that there are, and five weeks of counts."""
    from django.db import connection

    tables = "checkout_checkouthistory, checkout_checkoutoutbox, checkout_hourlytally"
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("TRUNCATE checkout_hourlytally, checkout_tallycursor")
        for statement in (HISTORY, OUTBOX, TALLIES):
            cursor.execute(statement)
        cursor.execute(f"VACUUM ANALYZE {tables}")
        cursor.execute("RESET statement_timeout")


def counting() -> float:
    """How many of the newest rows of the history are counted in a second."""
    from checkout.adapters.outbound.persistence.database_time import read_now
    from checkout.adapters.outbound.persistence.models import CheckoutHistory, TallyCursor
    from checkout.adapters.outbound.persistence.repositories.tallies import HISTORY, Tallies

    last = CheckoutHistory.objects.order_by("-pk").values_list("pk", flat=True)[0]
    rows, seen = min(COUNTED, last), read_now() - 2 * HISTORY.ripe_after
    first = TallyCursor(name=HISTORY.name, position=last - rows, horizon=last, seen_at=seen)
    first.save()
    began = time.perf_counter()
    Tallies().count(timedelta(minutes=5).total_seconds())
    return rows / (time.perf_counter() - began)


def run(sizes: list[int], times: int) -> dict[str, dict[int, dict[str, Any]]]:
    """The cost of both windows, and of the counting, at every size."""
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.create_superuser("boss"))
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for size in sizes:
        began = time.perf_counter()
        fill(size)
        owe()
        fill_journals()
        print(f"{size:,} filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        for window in ("24h", "7d"):
            cost = measure(client, {"window": window}, times, BOARD)
            found.setdefault(window, {})[size] = cost
        found.setdefault("counting", {})[size] = {"rows_per_second": round(counting())}
    return found


def table(found: dict[str, dict[int, dict[str, Any]]]) -> str:
    """A line for each window and size."""
    lines = []
    for name, costs in found.items():
        for size, cost in costs.items():
            said = "  ".join(f"{key} {value:,}" for key, value in cost.items() if key != "shown")
            lines.append(f"{name:9}{size:>10,}  {said}")
    return "\n".join(lines)


def main() -> int:
    """Measure and print; 1 when a page is slower than it may be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with private_database():
        found = run(arguments.sizes, arguments.times)
    print(table(found))
    if arguments.json:
        print(json.dumps(found))
    spans = [cost.get("p50_ms", 0.0) for costs in found.values() for cost in costs.values()]
    return int(any(span > TARGET_MS for span in spans))


if __name__ == "__main__":
    raise SystemExit(main())
