"""The dashboard: how things stand now, and what happened in the last 24 hours or 7 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from checkout.adapters.inbound.admin.dashboard import charts, figures, gauges
from checkout.adapters.inbound.admin.dashboard.charts import About, Range, Series
from checkout.adapters.inbound.admin.dashboard.figures import WINDOWS, Line, Slot, Window
from checkout.adapters.inbound.admin.dashboard.gauges import Gauge, Readings
from checkout.adapters.inbound.cli.doctor import OVERDUE_SECONDS
from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.adapters.outbound.persistence.repositories.dashboard_queries import (
    COUNTED,
    DashboardQueries,
    Live,
)
from checkout.adapters.outbound.persistence.repositories.doctor_queries import DoctorQueries
from checkout.application.use_cases.settle_money import REQUESTS
from checkout.bootstrap import services
from checkout.read_models.tally import hour_of

if TYPE_CHECKING:
    from checkout.adapters.inbound.admin.read_only import ReadOnlyAdmin

NAME = "checkout_checkoutsession_dashboard"
RECENT = timedelta(hours=1)  # before the hour that goes on
PROVIDER = "payments."
LEAST_SHARE = 0.04  # where the axis of shares ends when nothing is bad


@dataclass(frozen=True)
class Figure:
    """A chart, and the same as a table."""

    title: str
    chart: SafeString
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def respond(page: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """The page for those who may look at checkouts; `window` is 24h or 7d, and 24h when unknown."""
    if other := page.not_looking(request):
        return other
    window = WINDOWS.get(request.GET.get("window", ""), WINDOWS["24h"])
    context = {
        **page.admin_site.each_context(request),
        **contents(window),
        "title": "Dashboard",
        "opts": page.opts,
        "media": page.media,
    }
    return TemplateResponse(request, "admin/checkout/dashboard.html", context)


def contents(window: Window) -> dict[str, Any]:
    """Everything that the template shows. Raises StorageUnavailable."""
    queries, now = DashboardQueries(), read_now()
    hour = hour_of(now)
    begin = window.since(hour)
    sums, by_hour = queries.sums(begin), queries.by_hour(begin)
    recent = figures.calls_of(queries.sums(hour - RECENT), "", PROVIDER)
    readings = _readings(queries, now, recent)
    judged = gauges.gauges(readings)
    steps, slots = figures.funnel(sums), figures.slots(by_hour, window, hour)
    return {
        "now": now,
        "gauges": [(gauge, _address(gauge)) for gauge in judged],
        "verdict": _verdict(judged),
        "window": window,
        "windows": WINDOWS.values(),
        "begin": begin,
        "counted_until": readings.counted_until,
        "steps": [(line, in_words(line)) for line in steps],
        "outcomes": _outcomes(figures.ends(sums)),
        "calls": [_call_row(call, readings.live) for call in figures.calls(sums)],
        "figures": [_checkouts(slots, window), _durations(steps), _errors(slots, window)],
    }


def _readings(queries: DashboardQueries, now: datetime, provider: figures.Calls) -> Readings:
    overdue = DoctorQueries().overdue(OVERDUE_SECONDS, COUNTED)
    owed = queries.owed()
    judged = services().watch.read(owed, REQUESTS) if owed else []
    return Readings(
        now=now,
        live=queries.live(now, gauges.LAPSE_WITHIN),
        overdue=len(overdue),
        oldest_due=min((due for _, _, due in overdue), default=None),
        owed=figures.owed(judged, gauges.MONEY_IS_LATE),
        judged=len(owed),
        provider=provider,
        queue=services().queue.waiting(),
        counted_until=queries.counted_until(),
    )


def _verdict(judged: Sequence[Gauge]) -> str:
    act = sum(gauge.level == gauges.ACT for gauge in judged)
    look = sum(gauge.level == gauges.LOOK for gauge in judged)
    parts = [f"{act} to act on"] * bool(act) + [f"{look} to look at"] * bool(look)
    return ", ".join(parts) or "All is well"


def _address(gauge: Gauge) -> str:
    way = gauge.way
    if way is None:
        return ""
    there = reverse(f"admin:{way.page}", args=[way.checkout] if way.checkout else [])
    return f"{there}?{way.query}" if way.query else there


def in_words(line: Line) -> dict[str, str]:
    """A step as it is written."""
    return {
        "name": line.step.replace("_", " "),
        "entered": f"{line.entered:,}",
        "done": f"{line.done:,}",
        "failed": f"{line.failed:,}",
        "again": f"{line.again:,}",
        "rate": figures.in_percent(line.rate),
        "median": figures.in_time(line.median),
        "p95": figures.in_time(line.p95),
    }


def _outcomes(ends: figures.Ends) -> list[tuple[str, str, bool]]:
    """(what, how many, is it a failure code) of each row of the table."""
    rows = [("Completed", f"{ends.completed:,}", False), ("Aborted", f"{ends.aborted:,}", False)]
    return [*rows, *((code, f"{count:,}", True) for code, count in ends.codes)]


def _call_row(call: figures.Calls, live: Live) -> dict[str, Any]:
    waits = live.calls.get(call.name)
    return {
        "name": call.name,
        "made": f"{call.made:,}",
        "refused": f"{call.refused:,} ({figures.in_percent(call.refused_share)})",
        "unanswered": f"{call.unanswered:,} ({figures.in_percent(call.unanswered_share)})",
        "waits": gauges.at_most(waits.count) if waits else "0",
        "bad": call.unanswered_share >= gauges.SOME or bool(waits),
    }


def _checkouts(slots: Sequence[Slot], window: Window) -> Figure:
    started, done = [s.started for s in slots], [s.completed for s in slots]
    aborted = [s.aborted for s in slots]
    sentence = f"{sum(started):,} started, {sum(done):,} completed, {sum(aborted):,} aborted."
    series = [
        Series("Completed", charts.FILLED, done),
        Series("Aborted", charts.HATCHED, aborted),
        Series("Started", charts.LINE, started),
    ]
    title = f"Checkouts, {_per(window)}"
    drawn = charts.columns(About("checkouts", title, sentence), _labels(slots, window), series)
    rows = [[_begin(s), f"{s.started:,}", f"{s.completed:,}", f"{s.aborted:,}"] for s in slots]
    return Figure(title, drawn, ("From", "Started", "Completed", "Aborted"), rows)


def _durations(steps: Sequence[Line]) -> Figure:
    words = [in_words(line) for line in steps]
    told = [f"{w['name']} {w['median']} and {w['p95']}" for w in words if w["p95"] != "–"]
    title = "How long steps take: half (dot) and 95 % (bar)"
    sentence = f"{'; '.join(told)}." if told else "No step was done."
    rows = [Range(w["name"], line.median, line.p95) for w, line in zip(words, steps, strict=True)]
    drawn = charts.ranges(About("durations", title, sentence), rows)
    table = [[w["name"], w["median"], w["p95"]] for w in words]
    return Figure(title, drawn, ("Step", "Half within", "95 % within"), table)


def _errors(slots: Sequence[Slot], window: Window) -> Figure:
    made = sum(s.calls.made for s in slots)
    silent, refused = sum(s.calls.unanswered for s in slots), sum(s.calls.refused for s in slots)
    title = f"Calls not answered or refused, {_per(window)}"
    sentence = f"Of {made:,} calls {silent:,} were not answered at once, {refused:,} were refused."
    series = [
        Series("Refused", charts.FILLED, [s.calls.refused_share for s in slots]),
        Series("Not answered", charts.HATCHED, [s.calls.unanswered_share for s in slots]),
    ]
    about = About("errors", title, sentence)
    labels = _labels(slots, window)
    drawn = charts.columns(about, labels, series, figures.in_percent, LEAST_SHARE)
    rows = [
        [_begin(s), f"{s.calls.made:,}", f"{s.calls.unanswered:,}", f"{s.calls.refused:,}"]
        for s in slots
    ]
    return Figure(title, drawn, ("From", "Calls", "Not answered", "Refused"), rows)


def _per(window: Window) -> str:
    return "per hour" if window.hours == 1 else f"per {window.hours} hours"


def _labels(slots: Sequence[Slot], window: Window) -> list[str]:
    """Every sixth hour, or every other day: what can be read."""
    every, form = (6, "%H:%M") if window.hours == 1 else (4, "%a %d")
    return [
        localtime(slot.begin).strftime(form) if number % every == 1 else ""
        for number, slot in enumerate(slots)
    ]


def _begin(slot: Slot) -> str:
    return localtime(slot.begin).strftime("%a %d %b, %H:%M")
