"""The worker: commits a newer version and gives the hint, by our function or straight to Redis.

Reads one JSON job per line, and then a line for each frame that came, which allows one push more.
Writes `checkout version time` for each push, the time being that of the commit; when all are done,
since whoever reads would be awake, and in the way, just when a push is on its way.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import cycle, islice
from typing import Any

import django

WINDOW = 32
CALLS, TURNS = 50, 10  # so many at a time, and then it is the next one's turn
VERSION_UP = (
    "UPDATE checkout_checkoutprogress SET version = checkout_checkoutprogress.version + 1,"
    " updated_at = clock_timestamp() FROM checkout_checkoutsession s"
    " WHERE checkout_id = %s AND s.id = checkout_id"
    " RETURNING checkout_id, checkout_checkoutprogress.version, checkout_checkoutprogress.state,"
    " body, s.snapshot IS NOT NULL, s.created_at, checkout_checkoutprogress.updated_at"
)
Push = Callable[[Any], Any]  # a row of the read model as it was committed


class Pusher:
    """Both ways to push, on kept connections."""

    def __init__(self) -> None:
        import redis

        from checkout.bootstrap import services

        self._progress: Any = services().engine.progress
        self._redis = redis.Redis.from_url(os.environ["REDIS_URL"])
        self._room = threading.Semaphore(0)

    def allow(self) -> None:
        """One push more: a frame has come."""
        self._room.release()

    def work(self, job: dict[str, Any]) -> None:
        """Push so often, at this rate per second; 0: as fast as frames come back."""
        push = self.ours if job["form"] == "ours" else self.bare(job["size"])
        self._room = threading.Semaphore(WINDOW)
        due, pushed = time.monotonic(), []
        for checkout in islice(cycle(job["ids"]), job["count"]):
            if job["rate"]:
                due += 1 / job["rate"]
                time.sleep(max(0.0, due - time.monotonic()))
            else:
                self._room.acquire(timeout=10)
            row = self.committed(checkout)
            committed = time.time()
            push(row)
            pushed.append(f"{checkout} {row.version} {committed}")
        print(*pushed, "done", sep="\n", flush=True)

    def committed(self, checkout: str) -> Any:
        """A newer version, and the row as the engine's commit would have it in its hand."""
        from django.db import connection

        from checkout.application.ports.outbound.checkout_queries_port import ProgressRow

        with connection.cursor() as cursor:
            cursor.execute(VERSION_UP, [checkout])
            pk, version, state, body, *rest = cursor.fetchone()
        return ProgressRow(pk, version, state, json.loads(body), *rest)

    def ours(self, row: Any) -> None:
        """The product's own function."""
        self._progress.changed(row.id, row.version, row)

    def bare(self, size: int) -> Push:
        """A fragment of the same size, ready to be sent on."""

        def push(row: Any) -> None:
            fragment = f'<div data-version="{row.version}">'.ljust(size, "x")
            self._redis.publish("bare", f"{row.id} {fragment}")

        return push

    def cost(self, checkout: str) -> dict[str, float]:
        """Milliseconds of CPU and of time for one call: ours, and what one would write first."""
        from asgiref.sync import async_to_sync
        from channels.layers import get_channel_layer

        send: Any = async_to_sync(get_channel_layer().group_send)
        row = self.committed(checkout)
        message = {"type": "progress.changed", "checkout": checkout, "version": 1}
        calls: dict[str, Callable[[], Any]] = {
            "ours": lambda: self.ours(row),
            "group_send": lambda: send("checkout.progress", message),
            "publish": lambda: self._redis.publish("nobody", b"x" * 100),
        }
        for call in calls.values():
            call()
        found: dict[str, float] = defaultdict(float)
        for name, call in [*calls.items()] * TURNS:
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(CALLS):
                call()
            found[f"{name}_cpu_ms"] += (time.process_time() - cpu) * 1000 / CALLS / TURNS
            found[f"{name}_ms"] += (time.perf_counter() - wall) * 1000 / CALLS / TURNS
        return found


def main() -> None:
    """Until the input ends."""
    django.setup()
    pusher = Pusher()
    for line in sys.stdin:
        if line == "+\n":
            pusher.allow()
            continue
        job = json.loads(line)
        if job["form"] == "cost":
            print(json.dumps(pusher.cost(job["ids"][0])), flush=True)
        else:  # beside the reading, which hears of the frames
            threading.Thread(target=pusher.work, args=[job], daemon=True).start()


if __name__ == "__main__":
    main()
