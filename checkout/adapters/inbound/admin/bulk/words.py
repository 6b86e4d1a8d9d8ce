"""A bulk recovery in words: what the dry run foresees, what became of each, how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db.models import Count, Q

from checkout.adapters.inbound.web.amounts import in_words
from checkout.adapters.outbound.persistence.models import BulkRecovery
from checkout.application.ports.outbound.bulk_port import Phase, Result

PHASES = {
    Phase.REHEARSING: "is being tried out",
    Phase.REHEARSED: "waits for your decision",
    Phase.RUNNING: "is running",
    Phase.DONE: "done",
    Phase.STOPPED: "stopped",
}
RESULTS = {
    Result.WAITING: "to be tried out",
    Result.READY: "can be given it",
    Result.CANNOT: "cannot be given it",
    Result.ALREADY: "already done",
    Result.GIVEN: "given, not taken up yet",
    Result.APPLIED: "applied",
    Result.REFUSED: "refused",
    Result.MOVED: "moved meanwhile, left alone",
}
MONEY = {
    "payments.capture": "Take {}",
    "payments.void": "Let go of {} reserved on cards",
    "payments.refund": "Refund {}",
}
UNITS = {
    "inventory.reserve": "Hold {}",
    "inventory.commit": "Take {} out of stock for good",
    "inventory.release": "Release {}",
}
CALLS = {
    "orders.place": ("Place 1 order", "Place {} orders"),
    "orders.cancel": ("Cancel 1 order", "Cancel {} orders"),
    "payments.close": ("Close 1 payment", "Close {} payments"),
    "payments.lookup": ("Ask the provider once", "Ask the provider {} times"),
}
OVER = (Phase.DONE, Phase.STOPPED)


def counts(job: BulkRecovery) -> dict[str, int]:
    """How many checkouts have which result."""
    rows = job.rows.order_by().values_list("result").annotate(count=Count("id"))
    return dict(rows)


def result_in_words(job: BulkRecovery, result: str) -> str:
    """What is known of one. What nobody will be given any more says so."""
    if result in (Result.READY, Result.WAITING) and job.phase == Phase.STOPPED:
        return "not given: stopped before"
    return RESULTS[Result(result)]


def checkouts(count: int) -> str:
    """1 checkout, 2 checkouts."""
    return "1 checkout" if count == 1 else f"{count:,} checkouts"


def progress(job: BulkRecovery, known: Mapping[str, int]) -> dict[str, Any]:
    """How far it is: the sentence and the bar; nothing while it waits for a person."""
    if job.phase == Phase.REHEARSED:
        return {}
    waiting = known.get(Result.WAITING, 0)
    if job.phase == Phase.REHEARSING:
        done, of = job.total - waiting, job.total
        return {"done": done, "of": of, "said": f"Tried out: {done:,} of {of:,}"}
    left = known.get(Result.READY, 0) + known.get(Result.GIVEN, 0)
    of = left + sum(known.get(r, 0) for r in (Result.APPLIED, Result.REFUSED, Result.MOVED))
    after_all = job.rows.filter(result=Result.ALREADY).exclude(becomes="")  # was ready before
    of += after_all.count()
    return {"done": of - left, "of": of, "said": f"Through: {of - left:,} of {of:,}"}


def foreseen(job: BulkRecovery) -> list[str]:
    """What the dry run says about all of them together, most of them first."""
    rows = job.rows.order_by()
    ready = rows.filter(result=Result.READY).values_list("becomes").annotate(n=Count("id"))
    said = [
        f"{checkouts(n)} can be given it, and then {_be(n)} {becomes.replace('_', ' ')}"
        for becomes, n in ready.order_by("-n", "becomes")
    ]
    others = rows.filter(result__in=(Result.ALREADY, Result.CANNOT))
    reasons = others.values_list("result", "said").annotate(n=Count("id"))
    for result, why, n in reasons.order_by("result", "-n", "said"):
        need = "nothing any more" if result == Result.ALREADY else ""
        text = f"{checkouts(n)} {'needs' if n == 1 else 'need'} {need}"
        said.append(f"{text if need else f'{checkouts(n)} cannot be given it'}: {why.rstrip('.')}")
    return said


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def sums(forecast: Mapping[str, Any]) -> list[str]:
    """Money, stock, calls and events of all of them together, as the engine foresees them."""
    said = []
    for call, text in MONEY.items():
        by_currency = forecast.get("money", {}).get(call, {})
        said += [
            text.format(in_words(amount, currency)) for currency, amount in by_currency.items()
        ]
    for call, text in UNITS.items():
        if count := forecast.get("units", {}).get(call, 0):
            said.append(text.format("1 unit" if count == 1 else f"{count:,} units"))
    for call, (one, many) in CALLS.items():
        if count := forecast.get("calls", {}).get(call, 0):
            said.append(one if count == 1 else many.format(f"{count:,}"))
    return [*said, *_told(forecast.get("events", {}))]


def _told(events: Mapping[str, int]) -> Iterator[str]:
    if events:
        told = ", ".join(f"{count:,} × {name}" for name, count in sorted(events.items()))
        yield f"Send {sum(events.values()):,} events: {told}"
    mailed = sum(events.get(name, 0) for name in settings.CHECKOUT.get("MAILED_EVENTS", ()))
    if mailed:
        yield f"The shop sends {'1 mail' if mailed == 1 else f'{mailed:,} mails'} to shoppers"


def became(job: BulkRecovery) -> list[tuple[str, int]]:
    """Where those stand now to which the command was applied."""
    applied = job.rows.filter(result=Result.APPLIED).order_by()
    flagged = ~Q(checkout__needs_attention="")
    rows = applied.values("checkout__state").annotate(
        n=Count("id"), bad=Count("id", filter=flagged)
    )
    said = []
    for row in rows.order_by("-n"):
        state, well = row["checkout__state"].replace("_", " "), row["n"] - row["bad"]
        said += [(state, well)] if well else []
        said += [(f"{state}, needs attention", row["bad"])] if row["bad"] else []
    return said
