"""Faults on demand: what a real provider does on a bad day, played to the next API calls."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db.models import F
from django.http import HttpResponse, JsonResponse

from project.provider.errors import ApiError
from project.provider.models import Fault

METHODS = ("create", "lookup", "close", "capture", "void", "refund")
MAX_COUNT = 10_000
MAX_SECONDS = 60.0
TRUNCATED_LENGTH = 4096


def plan(asked: dict[str, object]) -> Fault:
    """Store a fault from its JSON: method, mode, count (1), seconds (0). Raises ApiError 400."""
    method, mode = asked.get("method"), asked.get("mode")
    if method not in METHODS:
        raise ApiError(400, "malformed", f"method must be one of: {', '.join(METHODS)}.")
    if mode not in Fault.Mode.values:
        raise ApiError(400, "malformed", f"mode must be one of: {', '.join(Fault.Mode.values)}.")
    count, seconds = asked.get("count", 1), asked.get("seconds", 0)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_COUNT:
        raise ApiError(400, "malformed", f"count must be a whole number from 1 to {MAX_COUNT}.")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= MAX_SECONDS:
        raise ApiError(400, "malformed", f"seconds must be a number from 0 to {MAX_SECONDS:g}.")
    return Fault.objects.create(method=method, mode=mode, remaining=count, seconds=seconds)


def clear() -> int:
    """Forget all faults; answers how many there were."""
    return Fault.objects.all().delete()[0]


def _take(method: str) -> Fault | None:
    """Use up one fault for this method, if there is one. Two calls never share one."""
    for fault in Fault.objects.filter(method=method, remaining__gt=0).order_by("pk"):
        left = Fault.objects.filter(pk=fault.pk, remaining__gt=0)
        if left.update(remaining=F("remaining") - 1):
            return fault
    return None


def suffer(method: str, call: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer `call()`, spoilt by the next fault for `method` if there is one.

    No transaction is open while this waits.
    """
    fault = _take(method)
    if fault is None:
        return call()
    if fault.mode == Fault.Mode.FAIL:
        return _broken()
    if fault.mode == Fault.Mode.SLOW:
        _wait(fault.seconds)
        return call()
    answer = call()
    if fault.mode == Fault.Mode.TIMEOUT_AFTER:
        _wait(fault.seconds)
        return answer
    return _dropped() if fault.mode == Fault.Mode.DROP_AFTER else _broken()


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def _broken() -> JsonResponse:
    error = ApiError(500, "internal", "Something went wrong on our side.")
    return JsonResponse(error.to_json(), status=500)


def _dropped() -> HttpResponse:
    """An answer that stops in the middle: the caller never learns what became of its request."""
    answer = HttpResponse(b'{"id": "pay_', content_type="application/json")
    answer["Content-Length"] = str(TRUNCATED_LENGTH)
    return answer
