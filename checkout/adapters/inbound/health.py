"""`/healthz/live`: this process answers. `/healthz/ready`: checkouts move.

Ready means that the database answers and that a sweep goes round somewhere and keeps up. `workers`
counts those whose sweep does: one that died or hangs is missing there. Redis only carries hints: it
is reported where there is one, and never makes anything red. A process that is about to end makes
both red. A proxy asks for `live`: it should not turn shoppers away because the workers are down.
"""

from __future__ import annotations

import threading
from typing import Any

import redis
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable

MOST_SECONDS = 30  # how old a heartbeat, and how late a checkout, may be
REDIS_SECONDS = 0.2
DRAINING = threading.Event()  # set by the server of this process when it is told to end


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process can answer at all; 503 once it is about to end."""
    if DRAINING.is_set():
        return JsonResponse({"status": "draining"}, status=503)
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200, or 503 with what fails in `failing`. Times are in seconds."""
    report = _report()
    failing = _failing(report)
    report |= {"status": "failing" if failing else "ok", "failing": failing}
    if url := getattr(settings, "REDIS_URL", ""):
        report["redis"] = _redis(url)
    return JsonResponse(report, status=503 if failing else 200)


def _report() -> dict[str, Any]:
    queries = services().queries
    try:
        sweep, overdue = queries.seconds_since_heartbeat(), queries.oldest_overdue()
        workers = queries.sweeping(MOST_SECONDS)
    except StorageUnavailable:
        unknown = dict.fromkeys(("workers", "sweep_seconds", "oldest_overdue_seconds"))
        return {"database": "unreachable", **unknown}
    return {
        "database": "ok",
        "workers": workers,
        "sweep_seconds": None if sweep is None else round(sweep, 1),
        "oldest_overdue_seconds": round(overdue, 1),
    }


def _failing(report: dict[str, Any]) -> list[str]:
    if report["database"] != "ok":
        return ["database"]
    sweep = report["sweep_seconds"]
    late = {
        "draining": DRAINING.is_set(),
        "sweep": sweep is None or sweep >= MOST_SECONDS,
        "overdue": report["oldest_overdue_seconds"] >= MOST_SECONDS,
    }
    return [name for name, is_late in late.items() if is_late]


def _redis(url: str) -> str:
    """A connection of its own, so that nobody's is disturbed; closed again."""
    client = redis.Redis.from_url(
        url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    )
    try:
        client.ping()
    except redis.RedisError:
        return "unreachable"
    finally:
        client.close()
    return "ok"
