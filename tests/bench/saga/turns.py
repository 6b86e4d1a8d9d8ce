"""What is measured of a contender: a turn with a backlog and lone checkouts, and a counted turn."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from tests.bench.measuring.figures import difference
from tests.bench.measuring.processes import cpu_ms, family, memory_mb
from tests.bench.measuring.proxy import CountingProxy
from tests.bench.measuring.servers import redis_commands, wal_position
from tests.bench.saga.contender import Contender
from tests.bench.saga.ours import Ours

WARM_UP = 6
IDLE_SECONDS = 3.0
OFTEN, SELDOM = 0.004, 0.05  # seconds between two looks whether it is done


class Turn(NamedTuple):
    """One round's figures of one contender; CPU in milliseconds per checkout, memory in MB."""

    per_second: float
    cpu: dict[str, float]
    lone_ms: list[float]
    rss_mb: float
    uss_mb: float


def turn(contender: Contender, backlog: int, lone: int) -> Turn:
    """Start the workers, let them get warm, give them a backlog, then one checkout at a time."""
    ids = contender.load(WARM_UP + backlog + lone)
    contender.start()
    try:
        warm_up(contender, ids[:WARM_UP])
        per_second, cpu = _under_load(contender, ids[WARM_UP : WARM_UP + backlog])
        lone_ms = [one_alone(contender, one) for one in ids[WARM_UP + backlog :]]
        contender.settle()
        servers = contender.servers
        processes = [worker.pid for worker in contender.workers]
        rss, uss = memory_mb([*processes, *family(servers.postgres_pid), servers.redis_pid])
    finally:
        contender.stop()
    return Turn(per_second, cpu, lone_ms, rss, uss)


def warm_up(contender: Contender, ids: list[str]) -> None:
    """The first checkouts, which find everything cold."""
    contender.submit(ids)
    contender.wait(ids, SELDOM)
    contender.settle()


def one_alone(contender: Contender, checkout: str) -> float:
    """Milliseconds from the start of one checkout on the idle system to its last commit."""
    contender.settle()
    began = time.time()
    contender.submit([checkout])
    return (contender.wait([checkout], OFTEN)[checkout].timestamp() - began) * 1000


def _under_load(contender: Contender, ids: list[str]) -> tuple[float, dict[str, float]]:
    before, began = _cpu(contender), time.time()
    contender.submit(ids)
    last = max(contender.wait(ids, SELDOM).values()).timestamp()
    contender.settle()
    spent = difference(_cpu(contender), before)
    return len(ids) / (last - began), {name: ms / len(ids) for name, ms in spent.items()}


def _cpu(contender: Contender) -> dict[str, float]:
    parts = {
        "workers": sum(cpu_ms(worker.pid) for worker in contender.workers),
        "postgres": cpu_ms(contender.servers.postgres_pid),
        "redis": cpu_ms(contender.servers.redis_pid),
    }
    return {**parts, "all": sum(parts.values())}


def counted(contender: Contender, lone: int) -> dict[str, Any]:
    """What one checkout costs in round trips, statements, commits, WAL and Redis commands.

    One at a time, through the proxy. What the workers do when there is nothing to do is measured
    before, and taken off for the time that the checkouts took.
    """
    ids = contender.load(WARM_UP + lone)
    with CountingProxy(contender.url) as proxy:
        contender.start(proxy.url)
        try:
            warm_up(contender, ids[:WARM_UP])
            nothing, began = _counts(contender, proxy), time.monotonic()
            time.sleep(IDLE_SECONDS)
            idle, idle_seconds = _counts(contender, proxy), time.monotonic() - began
            began = time.monotonic()
            for one in ids[WARM_UP:]:
                one_alone(contender, one)
            contender.settle()
            done, seconds = _counts(contender, proxy), time.monotonic() - began
        finally:
            contender.stop()
    background = {name: n / idle_seconds for name, n in difference(idle, nothing).items()}
    added = difference(done, idle)
    each = {
        name: round(max(n - background.get(name, 0) * seconds, 0.0) / lone, 1)
        for name, n in added.items()
    }
    return {"each": each, "idle_per_second": {k: round(v, 1) for k, v in background.items()}}


def counted_by_hand(ours: Ours, lone: int) -> dict[str, Any]:
    """The same for ours without any worker, so that nothing has to be taken off: exact figures."""
    ids = ours.load(WARM_UP + lone)
    with CountingProxy(ours.url) as proxy:
        ours.by_hand(ids[:WARM_UP], proxy.url)
        before = _counts(ours, proxy)
        ours.by_hand(ids[WARM_UP:], proxy.url)
        added = difference(_counts(ours, proxy), before)
    return {"each": {name: round(n / lone, 1) for name, n in added.items()}, "idle_per_second": {}}


def _counts(contender: Contender, proxy: CountingProxy) -> dict[str, float]:
    return {
        **proxy.counts(),
        "wal_bytes": wal_position(contender.connection),
        "redis_commands": redis_commands(contender.redis),
    }
