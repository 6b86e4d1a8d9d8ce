"""What the page of a bulk recovery shows: how far it is, and its checkouts, some at a time."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from checkout.adapters.inbound.admin.bulk import words
from checkout.adapters.outbound.persistence.models import BulkRecovery
from checkout.application.ports.outbound.bulk_port import Phase, Result

ROWS = 50
MOVING = (Phase.REHEARSING, Phase.RUNNING)


def why_not(job: BulkRecovery) -> str:
    """Why it cannot be started."""
    if job.phase == Phase.REHEARSED:
        return "There is nothing to start: none of these checkouts can be given the command."
    said = {
        Phase.REHEARSING: "It is still being tried out.",
        Phase.RUNNING: "It was started already.",
        Phase.DONE: "It was started already, and is done.",
        Phase.STOPPED: "It was stopped. Choose the checkouts anew to try it again.",
    }
    return said[Phase(job.phase)]


def how_far(job: BulkRecovery) -> dict[str, Any]:
    """What the page replaces by itself while it is watched."""
    known = words.counts(job)
    results = [
        {"result": r, "said": words.result_in_words(job, r), "count": known[r]}
        for r in Result
        if r in known
    ]
    watched = job.phase in MOVING or (job.phase == Phase.STOPPED and not job.finished_at)
    return {
        "job": job,
        "phase": words.PHASES[Phase(job.phase)],
        "progress": words.progress(job, known),
        "results": results,
        "became": words.became(job),
        "watched": watched,
    }


def rows_of(request: HttpRequest, job: BulkRecovery) -> dict[str, Any]:
    """Some of its checkouts; only those with one result, if that is asked for."""
    asked = request.GET.get("result", "")
    rows: QuerySet[Any] = job.rows.select_related("checkout").order_by("id")
    if asked in list(Result):
        rows = rows.filter(result=asked)
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    for row in page.object_list:
        row.result_in_words = words.result_in_words(job, row.result)
        row.becomes_in_words = row.becomes.replace("_", " ")
        row.attention_in_words = row.checkout.needs_attention.replace("_", " ")
    return {"page": page, "asked": asked}
